import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Each look wakes the process. */
const RESOLUTION_MS = 50;

/** How long the event loop keeps a timer waiting. */
export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.#histogram.enable();
  }

  /** The longest delay since the last call, ms. */
  takeWorst(): number {
    const worst = this.#histogram.max / 1e6;
    this.#histogram.reset();
    return worst;
  }

  close(): void {
    this.#histogram.disable();
  }
}
