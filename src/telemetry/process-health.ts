import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Each sample wakes the process. */
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

let lastMemory = { rss: 0, heapUsed: 0 };

/** Memory of this process, bytes. While no file can be opened it can't be read, and the last values hold. */
export function memoryUsage(): Readonly<Pick<NodeJS.MemoryUsage, 'rss' | 'heapUsed'>> {
  try {
    lastMemory = process.memoryUsage();
  } catch {
    // It is read from a file in /proc.
  }
  return lastMemory;
}
