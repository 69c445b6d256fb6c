/** So many in each second, and a count of those refused. */
export class Budget {
  readonly #perSecond: number;
  #since = 0;
  #taken = 0;
  #refused = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** False once this second's are taken. */
  take(): boolean {
    const now = performance.now();
    if (now - this.#since >= 1_000) {
      this.#since = now;
      this.#taken = 0;
    }
    if (this.#taken >= this.#perSecond) {
      this.#refused += 1;
      return false;
    }
    this.#taken += 1;
    return true;
  }

  /** How many were refused since the last call. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }
}
