/** Resolves in the next turn of the event loop: whoever waits for I/O or a timer gets its turn first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Time work may take between two turns of the event loop, ms. */
export const SLICE_MS = 10;

/** For work in small steps, called between them: lets others run each time it has held them up for SLICE_MS. */
export function givingWay(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < SLICE_MS) return undefined;
    return nextTurn().then(() => {
      since = performance.now();
    });
  };
}

export interface CadenceOptions {
  /** Least time between two beginnings, ms. */
  readonly minMs: number;
  /** Most time between two beginnings, ms. */
  readonly maxMs: number;
}

/** Of the time there is, the part the work may take. */
const SHARE = 0.5;
/** How much the latest counts: about the last five are remembered. */
const WEIGHT = 0.2;

/**
 * How often to begin work that costs something each time, however little it carries: so that it takes half of the time, by what it
 * took lately. On a machine with time to spare it is quick and may begin often; on a busy one it is slow, begins more seldom, carries
 * more at a time, and leaves the processors to others.
 */
export class Cadence {
  readonly #options: CadenceOptions;
  #tookMs = 0;

  constructor(options: CadenceOptions) {
    this.#options = options;
  }

  /** Notes how long the work took, ms. */
  note(ms: number): void {
    this.#tookMs += (ms - this.#tookMs) * WEIGHT;
  }

  /** From one beginning to the next, ms. */
  get ms(): number {
    const { minMs, maxMs } = this.#options;
    return Math.min(maxMs, Math.max(minMs, this.#tookMs / SHARE));
  }
}
