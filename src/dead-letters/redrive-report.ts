import type { Recovered, RedriveAnswer, RedriveOutcome, RedriveRequest } from '../contract/redrive.ts';

/** Gathers what became of the letters of one request; single outcomes are kept where `keeps` says so. */
export class RedriveReport {
  readonly #request: RedriveRequest;
  readonly #keeps: boolean;
  readonly #counts: Record<string, number> = {};
  readonly #comeBack: Record<string, number> = {};
  readonly #outcomes: RedriveOutcome[] = [];
  readonly #missing: string[] = [];

  constructor(request: RedriveRequest, keeps: boolean) {
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
    for (const { check, ...outcome } of outcomes) {
      this.#counts[outcome.outcome] = (this.#counts[outcome.outcome] ?? 0) + 1;
      if (check?.accepted === false) this.#comeBack[check.reason] = (this.#comeBack[check.reason] ?? 0) + 1;
      // All that is wrong with each of many would be a long answer.
      const kept = check && 'positions' in this.#request.selection ? { ...outcome, check } : outcome;
      if (this.#keeps) this.#outcomes.push(kept);
    }
    this.#missing.push(...missing);
  }

  answer(recovered: Recovered): RedriveAnswer {
    return {
      dryRun: this.#request.dryRun,
      counts: this.counts,
      wouldComeBack: { ...this.#comeBack },
      outcomes: this.#outcomes,
      missing: this.#missing,
      recovered,
    };
  }
}
