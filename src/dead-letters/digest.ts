import type { DeadLetter } from './letter.ts';
import { type LetterSummary, letterSummary } from './letter-json.ts';
import type { RedriveRecord } from './ports.ts';

/** Counts letters and keeps the newest ones, without their values, however many there are. */
export class LetterDigest {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();
  #newest: { readonly at: number; readonly summary: LetterSummary }[] = [];
  #total = 0;
  #redriven = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(letter: DeadLetter, redriven: RedriveRecord | undefined): void {
    this.#total += 1;
    if (redriven !== undefined) this.#redriven += 1;
    this.#counts.set(letter.reason, (this.#counts.get(letter.reason) ?? 0) + 1);
    this.#newest.push({ at: letter.at, summary: letterSummary(letter, redriven) });
    if (this.#newest.length > 2 * this.#limit + 100) this.#trim();
  }

  get total(): number {
    return this.#total;
  }

  get redriven(): number {
    return this.#redriven;
  }

  /** Letters by reason, the most frequent first. */
  counts(): [string, number][] {
    return [...this.#counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  }

  /** The newest letters, newest first. */
  newest(): LetterSummary[] {
    this.#trim();
    return this.#newest.map(({ summary }) => summary);
  }

  #trim(): void {
    this.#newest.sort((a, b) => b.at - a.at || b.summary.offset - a.summary.offset);
    this.#newest.length = Math.min(this.#newest.length, this.#limit);
  }
}
