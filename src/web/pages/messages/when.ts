const UNITS: readonly (readonly [unit: string, written: RegExp])[] = [
  ['s', /^(s|sec|seconds?|с|сек)$/],
  ['m', /^(m|min|minutes?|м|мин)$/],
  ['h', /^(h|hours?|ч|час)$/],
  ['d', /^(d|days?|д|дн|дней)$/],
];

/**
 * An age or a time as people write it → as the API takes it, an age or RFC 3339: `15 m`, `2026-11-27 19:30`,
 * `27.11.2026 19:30`, `19:30` of today, in the reader's time zone. Undefined for any other text.
 */
export function whenOf(text: string, now = new Date()): string | undefined {
  const plain = text.trim();
  const [, count, written = ''] = /^(\d{1,6})\s*(\p{L}+)\.?$/u.exec(plain) ?? [];
  if (count !== undefined) {
    const unit = UNITS.find(([, pattern]) => pattern.test(written.toLowerCase()))?.[0];
    return unit && count + unit;
  }
  if (/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/i.test(plain)) return instantOf(plain);
  const dated = plain.replace(/^(\d{1,2})\.(\d{1,2})\.(\d{4})/, (_, day: string, month: string, year: string) =>
    [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-'),
  );
  const [, date, time = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:[ T]+(\d{1,2}:\d\d(?::\d\d)?))?$/.exec(dated) ?? [];
  if (date !== undefined) return instantOf(`${date}T${withZero(time)}`);
  return /^\d{1,2}:\d\d(:\d\d)?$/.test(plain) ? instantOf(`${localDate(now)}T${withZero(plain)}`) : undefined;
}

function withZero(time: string): string {
  return time.indexOf(':') === 1 ? `0${time}` : time;
}

/** A time of the API as the field shows it, in the reader's time zone; an age as it is. */
export function whenText(at: string): string {
  const date = new Date(at);
  if (!at.includes('T') || Number.isNaN(date.getTime())) return at;
  return `${localDate(date)} ${date.toTimeString().slice(0, 8)}`;
}

function instantOf(text: string): string | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function localDate(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
