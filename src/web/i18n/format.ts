/** The languages of the console. */
export type Language = 'en' | 'ru';

/**
 * Minor units of a currency → text in the reader's locale, exact for every safe integer: 1817, 'USD' → `$18.17`; 1817,
 * 'JPY' → `¥1,817`. `narrow` writes `$` for every dollar, for where the code is shown nearby. If it is not an ISO 4217
 * code, it follows the plain number.
 */
export function formatMoney(
  minor: number,
  currency: string,
  display: 'symbol' | 'narrow' = 'symbol',
  locale?: string,
): string {
  let formatter: Intl.NumberFormat;
  try {
    const currencyDisplay = display === 'narrow' ? 'narrowSymbol' : 'symbol';
    formatter = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay });
  } catch {
    return `${new Intl.NumberFormat(locale).format(minor)} ${currency}`.trim();
  }
  const digits = formatter.resolvedOptions().maximumFractionDigits ?? 2;
  const decimal = toDecimal(minor, digits);
  return formatter.format(isNumeric(decimal) ? decimal : minor / 10 ** digits);
}

/** How many decimals amounts of a currency have; 2 for what is not an ISO 4217 code. */
export function currencyDigits(currency = ''): number {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** 1817, 2 → `18.17`; -5, 2 → `-0.05`. */
function toDecimal(minor: number, digits: number): string {
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const point = text.length - digits;
  const sign = minor < 0 ? '-' : '';
  return digits === 0 ? sign + text : `${sign}${text.slice(0, point)}.${text.slice(point)}`;
}

function isNumeric(text: string): text is Intl.StringNumericLiteral {
  return /^-?\d+(\.\d+)?$/.test(text);
}

/** An instant in the reader's time zone: `26 Nov 2021, 09:22`. Text that is not an instant is returned as it is. */
export function formatDateTime(instant: string | number, locale?: string, timeZone?: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return String(instant);
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
    hourCycle: 'h23',
    timeZone,
  }).format(date);
}

/** The time of day to the second. */
export function formatTime(instant: string | number, locale?: string, timeZone?: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return String(instant);
  return new Intl.DateTimeFormat(locale, { timeStyle: 'medium', hourCycle: 'h23', timeZone }).format(date);
}

/** The hour and the minute of an instant, ms; with seconds where they are not whole minutes. */
export function formatClock(ms: number, locale?: string, timeZone?: string): string {
  if (ms % 60_000 !== 0) return formatTime(ms, locale, timeZone);
  return new Intl.DateTimeFormat(locale, { timeStyle: 'short', hourCycle: 'h23', timeZone }).format(ms);
}

const SPAN_UNITS = {
  en: { ms: 'ms', s: 's', min: 'min', h: 'h', d: 'd' },
  ru: { ms: 'мс', s: 'с', min: 'мин', h: 'ч', d: 'дн.' },
} as const;

/** A span of time, short: `< 0.1 ms`, `0.4 ms`, `38 ms`, `1.2 s`, `3 min`, `5 h`, `12 d`. */
export function formatSpan(ms: number, language: Language = 'en'): string {
  const units = SPAN_UNITS[language];
  const of = (value: number, unit: keyof typeof units) => `${formatNumber(value, language, 1)} ${units[unit]}`;
  const size = Math.abs(ms);
  if (size === 0) return of(0, 'ms');
  if (size < 0.05) return `< ${of(0.1, 'ms')}`;
  if (size < 10) return of(ms, 'ms');
  if (size < 1_000) return of(Math.round(ms), 'ms');
  if (size < 60_000) return of(ms / 1000, 's');
  if (size < 3_600_000) return of(Math.round(ms / 60_000), 'min');
  if (size < 172_800_000) return of(Math.round(ms / 3_600_000), 'h');
  return of(Math.round(ms / 86_400_000), 'd');
}

/** The spans at an axis, ms, in one unit for all of them: `0 s`, `0.5 s`, `1 s`. */
export function formatSpans(ms: readonly number[], language: Language = 'en'): string[] {
  const largest = Math.max(...ms);
  const [unit, size] =
    largest < 1_000
      ? (['ms', 1] as const)
      : largest < 120_000
        ? (['s', 1_000] as const)
        : largest < 7_200_000
          ? (['min', 60_000] as const)
          : (['h', 3_600_000] as const);
  return ms.map((value) => `${formatNumber(value / size, language, 2)} ${SPAN_UNITS[language][unit]}`);
}

/** A number with at most so many decimals; none by default. */
export function formatNumber(value: number, locale?: string, digits = 0): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

/** A number of per cent: 12.5 → `12.5%`; in Russian with a space. */
export function formatPercent(percent: number, locale?: string, digits = 1): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(percent / 100);
}

const BYTE_UNITS = { en: ['B', 'KiB', 'MiB', 'GiB', 'TiB'], ru: ['Б', 'КиБ', 'МиБ', 'ГиБ', 'ТиБ'] } as const;

/** A size in the largest unit of which there is at least one: `17 B`, `1.2 KiB`. */
export function formatBytes(bytes: number, language: Language = 'en'): string {
  const step = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const unit = BYTE_UNITS[language][step] ?? '';
  return `${formatNumber(bytes / 1024 ** step, language, step === 0 ? 0 : 1)} ${unit}`;
}

const RULES = { en: new Intl.PluralRules('en'), ru: new Intl.PluralRules('ru') };
const NUMBERS = { en: new Intl.NumberFormat('en'), ru: new Intl.NumberFormat('ru') };

/** `1 order`, `1,200 orders`. */
export function countEn(number: number, one: string, other: string): string {
  return counted('en', number, { one, other });
}

/** `1 заказ`, `2 заказа`, `5 заказов`. */
export function countRu(number: number, one: string, few: string, many: string): string {
  return counted('ru', number, { one, few, other: many });
}

interface Forms {
  readonly one: string;
  readonly few?: string;
  readonly other: string;
}

function counted(language: Language, number: number, forms: Forms): string {
  const rule = RULES[language].select(number);
  const form = rule === 'one' ? forms.one : rule === 'few' ? (forms.few ?? forms.other) : forms.other;
  return `${NUMBERS[language].format(number)} ${form}`;
}
