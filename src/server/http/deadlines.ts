/**
 * Promises that all have the same time to settle. They are due in the order they came, so one timer serves them all.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #pending = new Set<Pending>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** The outcome of `work`, or a rejection with `onLate()` once the time is up. The work itself goes on, unheard. */
  guard<T>(work: Promise<T>, onLate: () => Error): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const pending: Pending = { due: performance.now() + this.#ms, end: () => reject(onLate()) };
    this.#pending.add(pending);
    this.#arm();
    work.then(
      (value) => {
        this.#pending.delete(pending);
        resolve(value);
      },
      (error: unknown) => {
        this.#pending.delete(pending);
        reject(error);
      },
    );
    return promise;
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    const [first] = this.#pending;
    if (first === undefined) return;
    this.#timer = setTimeout(() => this.#endLate(), Math.max(1, first.due - performance.now()));
    this.#timer.unref();
  }

  #endLate(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const pending of this.#pending) {
      if (pending.due > now) break;
      this.#pending.delete(pending);
      pending.end();
    }
    this.#arm();
  }
}

interface Pending {
  readonly due: number;
  readonly end: () => void;
}
