/**
 * RFC 3339 date-times at PostgreSQL's resolution, the microsecond. JavaScript's Date keeps milliseconds only, so an
 * instant is carried as whole microseconds since the Unix epoch; every year RFC 3339 can write (0000–9999) fits
 * a bigint and, up to the year 2255, a safe integer.
 */
const PATTERN = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

// What PostgreSQL's timestamptz takes as text and RFC 3339 can write: the years 1 to 9999, UTC.
const FIRST = -62_135_596_800_000_000n;
const LAST = 253_402_300_799_999_999n;

/**
 * Microseconds since the Unix epoch, rounded half up; undefined when the text is not an RFC 3339 date-time, or lies
 * outside the years 1 to 9999 of UTC.
 */
export function parseInstantMicros(text: string): bigint | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match;
  const numbers = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [y, mo, d, h, mi, s] = numbers;
  if (mo < 1 || mo > 12 || d < 1 || d > daysInMonth(y, mo) || h > 23 || mi > 59 || s > 59) return undefined;
  const offset = sign === undefined ? 0 : Number(offsetHour) * 60 + Number(offsetMinute);
  if (sign !== undefined && (Number(offsetHour) > 23 || Number(offsetMinute) > 59)) return undefined;
  // Date.UTC reads the years 0–99 as 1900–1999, setUTCFullYear does not.
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  date.setUTCHours(h, mi - (sign === '-' ? -offset : offset), s, 0);
  const nanos = fraction === undefined ? 0 : Number(fraction.padEnd(9, '0'));
  const micros = BigInt(date.getTime()) * 1000n + BigInt(Math.round(nanos / 1000));
  return micros < FIRST || micros > LAST ? undefined : micros;
}

/** The canonical text of an instant: UTC, `Z`, and only as many fraction digits as are needed. */
export function formatInstantMicros(micros: bigint): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n);
  const fraction = Number(micros - seconds * 1_000_000n);
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  if (fraction === 0) return `${whole}Z`;
  return `${whole}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}Z`;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * True for the plain form `YYYY-MM-DDTHH:MM:SSZ` of a day every month has and the years 1000–9999: the form nearly
 * all senders use, recognised without a regular expression or an allocation.
 */
export function isPlainInstant(text: string): boolean {
  if (text.length !== 20) return false;
  const digit = (at: number): number => text.charCodeAt(at) - 48;
  for (const at of DIGITS) {
    const value = digit(at);
    if (value < 0 || value > 9) return false;
  }
  return (
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58 &&
    text.charCodeAt(19) === 90 &&
    digit(0) >= 1 &&
    inRange(digit(5) * 10 + digit(6), 1, 12) &&
    inRange(digit(8) * 10 + digit(9), 1, 28) &&
    digit(11) * 10 + digit(12) <= 23 &&
    digit(14) <= 5 &&
    digit(17) <= 5
  );
}

const DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];

function inRange(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

/**
 * The plain form at `from` of ASCII bytes as the number YYYYMMDDHHMMSS, without an allocation; NaN when it is no such
 * form.
 */
export function instantNumber(bytes: Uint8Array, from: number): number {
  if (bytes[from + 19] !== 0x5a || bytes[from + 10] !== 0x54) return Number.NaN;
  if (bytes[from + 4] !== 0x2d || bytes[from + 7] !== 0x2d) return Number.NaN;
  if (bytes[from + 13] !== 0x3a || bytes[from + 16] !== 0x3a) return Number.NaN;
  const year = pair(bytes, from) * 100 + pair(bytes, from + 2);
  const month = pair(bytes, from + 5);
  const day = pair(bytes, from + 8);
  const hour = pair(bytes, from + 11);
  const minute = pair(bytes, from + 14);
  const second = pair(bytes, from + 17);
  // The 29th and later are not in every month; a pair that is no number is NaN, and no comparison holds for it.
  const plain =
    year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59;
  return plain ? ((((year * 100 + month) * 100 + day) * 100 + hour) * 100 + minute) * 100 + second : Number.NaN;
}

function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 0x30;
  const ones = (bytes[at + 1] as number) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** RFC 3339, or an age (`90s`, `15m`, `2h`, `7d`) clamped to 1970 → ms since the Unix epoch; else undefined. */
export function parseWhen(text: string, now: number): number | undefined {
  const age = /^(\d{1,9})([smhd])$/.exec(text);
  if (age !== null) return Math.max(0, now - Number(age[1]) * (UNITS[age[2] ?? ''] ?? 0));
  const micros = parseInstantMicros(text);
  return micros === undefined ? undefined : Number(micros / 1000n);
}
