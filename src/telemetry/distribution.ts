/** A trace of which one value was seen. https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** s since the Unix epoch. */
  readonly at: number;
}

/** How often values fell between bounds: what a histogram shows. To note a value costs a few comparisons. */
export class Distribution {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** One for each bound, and one for what is above them all. */
  readonly counts: number[];
  /** The latest of each. */
  readonly exemplars: (Exemplar | undefined)[] = [];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** `traceId`: of the trace in which it was measured. */
  note(value: number, traceId?: string): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    counts[at] = (counts[at] ?? 0) + 1;
    this.sum += value;
    if (traceId !== undefined) this.exemplars[at] = { traceId, value, at: Date.now() / 1000 };
  }

  /** Adds what was noted elsewhere, between the same bounds. */
  add({ counts, sum }: Pick<Distribution, 'counts' | 'sum'>): void {
    for (const [at, count] of counts.entries()) this.counts[at] = (this.counts[at] ?? 0) + count;
    this.sum += sum;
  }

  /** What was noted since the last call; nothing is left. */
  take(): Pick<Distribution, 'counts' | 'sum'> {
    const taken = { counts: [...this.counts], sum: this.sum };
    this.counts.fill(0);
    this.sum = 0;
    return taken;
  }

  get count(): number {
    return this.counts.reduce((total, one) => total + one, 0);
  }
}
