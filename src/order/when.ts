import { parseInstantMicros } from './instant.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** RFC 3339 or an age such as `90s`, `15m`, `2h`, `7d`, 1970 at most → ms since the Unix epoch; undefined when it is neither. */
export function parseWhen(text: string, now: number): number | undefined {
  const age = /^(\d{1,9})([smhd])$/.exec(text);
  if (age !== null) return Math.max(0, now - Number(age[1]) * (UNITS[age[2] ?? ''] ?? 0));
  const micros = parseInstantMicros(text);
  return micros === undefined ? undefined : Number(micros / 1000n);
}
