const FIRST_CAPACITY = 1_024;

/**
 * The orders whose life goes on, by when their next step is due: a binary heap over typed arrays, 25 bytes an order
 * (docs/lives.md). Those due at the same time come by their index.
 */
export class OpenOrders {
  #atMs = new Float64Array(FIRST_CAPACITY);
  #index = new Float64Array(FIRST_CAPACITY);
  #createdAtMs = new Float64Array(FIRST_CAPACITY);
  #step = new Uint8Array(FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Memory it takes. */
  get bytes(): number {
    const { byteLength } = this.#atMs;
    return byteLength * 3 + this.#step.byteLength;
  }

  /** When the first step is due, and of which order; infinite when there is none. */
  get atMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#atMs[0] ?? 0);
  }

  get index(): number {
    return this.#index[0] ?? 0;
  }

  get createdAtMs(): number {
    return this.#createdAtMs[0] ?? 0;
  }

  get step(): number {
    return this.#step[0] ?? 0;
  }

  add(atMs: number, index: number, step: number, createdAtMs: number): void {
    if (this.#size === this.#index.length) this.#resize(this.#size * 2);
    let hole = this.#size;
    this.#size += 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#follows(parent, atMs, index)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, atMs, index, step, createdAtMs);
  }

  /** The first order's next step is due then; it is one that follows. */
  putOff(atMs: number): void {
    this.#sink(atMs, this.index, this.step + 1, this.createdAtMs);
  }

  /** Takes the first order off. */
  remove(): void {
    this.#size -= 1;
    const last = this.#size;
    if (last > 0)
      this.#sink(this.#atMs[last] ?? 0, this.#index[last] ?? 0, this.#step[last] ?? 0, this.#createdAtMs[last] ?? 0);
    if (last * 4 < this.#index.length && last >= FIRST_CAPACITY) this.#resize(this.#index.length / 2);
  }

  copy(): OpenOrders {
    const copy = new OpenOrders();
    copy.#atMs = this.#atMs.slice();
    copy.#index = this.#index.slice();
    copy.#createdAtMs = this.#createdAtMs.slice();
    copy.#step = this.#step.slice();
    copy.#size = this.#size;
    return copy;
  }

  /** Puts an order into the place of the first one, and from there to its own. */
  #sink(atMs: number, index: number, step: number, createdAtMs: number): void {
    let hole = 0;
    for (;;) {
      let child = hole * 2 + 1;
      if (child >= this.#size) break;
      const other = child + 1;
      if (other < this.#size && this.#follows(child, this.#atMs[other] ?? 0, this.#index[other] ?? 0)) child = other;
      if (this.#follows(child, atMs, index)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, atMs, index, step, createdAtMs);
  }

  /** Does the order at a place come after one of that time and index? */
  #follows(place: number, atMs: number, index: number): boolean {
    const own = this.#atMs[place] ?? 0;
    return own > atMs || (own === atMs && (this.#index[place] ?? 0) > index);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#atMs[from] ?? 0, this.#index[from] ?? 0, this.#step[from] ?? 0, this.#createdAtMs[from] ?? 0);
  }

  #put(place: number, atMs: number, index: number, step: number, createdAtMs: number): void {
    this.#atMs[place] = atMs;
    this.#index[place] = index;
    this.#step[place] = step;
    this.#createdAtMs[place] = createdAtMs;
  }

  #resize(capacity: number): void {
    this.#atMs = resized(this.#atMs, capacity);
    this.#index = resized(this.#index, capacity);
    this.#createdAtMs = resized(this.#createdAtMs, capacity);
    const steps = new Uint8Array(capacity);
    steps.set(this.#step.subarray(0, capacity));
    this.#step = steps;
  }
}

function resized(values: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const others = new Float64Array(capacity);
  others.set(values.subarray(0, capacity));
  return others;
}
