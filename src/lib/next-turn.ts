/** Resolves in the next turn of the event loop: whoever waits for I/O or a timer gets its turn first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Time work may take between two turns of the event loop, ms. */
export const SLICE_MS = 10;

/**
 * For work in small steps: call it between them, and await its promise, if any. It lets others run whenever the work
 * has held them up for SLICE_MS.
 */
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
/** Weight of the latest duration: about the last five count. */
const WEIGHT = 0.2;

/**
 * Decides how often to start work that has a cost of its own, so that it takes half of the time, judged by its latest
 * durations. With time to spare the work is quick and starts often; on a busy machine it is slow, starts less often,
 * carries more at a time, and leaves the processors to others.
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
