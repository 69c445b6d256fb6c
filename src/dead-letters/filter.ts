import { parseInstantMicros } from '../order/instant.ts';
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

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** RFC 3339 or an age such as `90s`, `15m`, `2h`, `7d` → ms since the Unix epoch; undefined when it is neither. */
export function parseWhen(text: string, now: number): number | undefined {
  const age = /^(\d{1,9})([smhd])$/.exec(text);
  if (age !== null) return now - Number(age[1]) * (UNITS[age[2] ?? ''] ?? 0);
  const micros = parseInstantMicros(text);
  return micros === undefined ? undefined : Number(micros / 1000n);
}
