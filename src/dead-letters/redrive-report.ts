import type { Recovered, RedriveAnswer, RedriveOutcome, RedriveRequest } from '../contract/redrive.ts';

/** Letters of a kind that a dry run with a patch shows. */
export const SAMPLES = 5;

/** Gathers what became of the letters of one request; single outcomes are kept where `keeps` says so. */
export class RedriveReport {
  readonly #request: Pick<RedriveRequest, 'selection' | 'dryRun'>;
  readonly #keeps: boolean;
  readonly #counts: Record<string, number> = {};
  readonly #comeBack: Record<string, number> = {};
  readonly #outcomes: RedriveOutcome[] = [];
  readonly #samples: RedriveOutcome[] = [];
  readonly #missing: string[] = [];

  constructor(request: Pick<RedriveRequest, 'selection' | 'dryRun'>, keeps: boolean) {
    this.#request = request;
    this.#keeps = keeps;
  }

  /** How many single outcomes it keeps. */
  get length(): number {
    return this.#outcomes.length;
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  add(outcomes: readonly RedriveOutcome[], missing: readonly string[]): void {
    for (const { check, changes, ...outcome } of outcomes) {
      this.#counts[outcome.outcome] = (this.#counts[outcome.outcome] ?? 0) + 1;
      if (check?.accepted === false) this.#comeBack[check.reason] = (this.#comeBack[check.reason] ?? 0) + 1;
      // All that is wrong with each of many would be a long answer.
      const kept = check && 'positions' in this.#request.selection ? { ...outcome, check } : outcome;
      if (this.#keeps) this.#outcomes.push(kept);
      const isSample = changes !== undefined || outcome.outcome === 'not_editable';
      if (this.#request.dryRun && isSample && this.#sampled(outcome.outcome) < SAMPLES)
        this.#samples.push({ ...outcome, ...(check && { check }), ...(changes && { changes }) });
    }
    this.#missing.push(...missing);
  }

  #sampled(outcome: RedriveOutcome['outcome']): number {
    return this.#samples.filter((one) => one.outcome === outcome).length;
  }

  answer(recovered: Recovered): RedriveAnswer {
    return {
      dryRun: this.#request.dryRun,
      counts: this.counts,
      wouldComeBack: { ...this.#comeBack },
      outcomes: this.#outcomes,
      samples: this.#samples,
      missing: this.#missing,
      recovered,
    };
  }
}
