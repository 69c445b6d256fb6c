import type { DeadLetter, LetterReason } from './letter.ts';

/** What a letter must be like; what is absent does not matter. */
export interface LetterFilter {
  /** One of these. */
  readonly reasons?: readonly LetterReason[];
  /** Rejected at this instant or later, ms since the Unix epoch. */
  readonly since?: number;
  /** Rejected before this instant. */
  readonly until?: number;
  /** The message key, as UTF-8. */
  readonly key?: string;
}

export function matches(filter: LetterFilter, letter: DeadLetter): boolean {
  const { reasons, since, until, key } = filter;
  if (reasons !== undefined && reasons.length > 0 && !reasons.includes(letter.reason)) return false;
  if (since !== undefined && letter.at < since) return false;
  if (until !== undefined && letter.at >= until) return false;
  return key === undefined || letter.key?.equals(Buffer.from(key)) === true;
}
