import { type Problem, ProblemError, TOO_MANY_AT_ONCE } from './problem.ts';

/** Room for a number of requests at once; those that find none are refused. */
export class Slots {
  readonly #max: number;
  readonly #problem: Problem;
  #taken = 0;

  constructor(max: number, problem: Problem = TOO_MANY_AT_ONCE) {
    this.#max = max;
    this.#problem = problem;
  }

  get full(): boolean {
    return this.#taken >= this.#max;
  }

  /** Takes a slot; the function that is returned frees it. @throws ProblemError when none is free */
  take(): () => void {
    if (this.full) throw new ProblemError(this.#problem);
    this.#taken += 1;
    let taken = true;
    return () => {
      if (taken) this.#taken -= 1;
      taken = false;
    };
  }

  /** Has the work take a slot until it settles. @throws ProblemError when none is free */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    const free = this.take();
    try {
      return await work();
    } finally {
      free();
    }
  }
}
