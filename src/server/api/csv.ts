import Type from 'typebox';

/** What a spreadsheet would take for a formula: OWASP's list, full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const QUOTED = /[",\r\n]/;

export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';

/** The query parameter of `safe`. */
export const FormulasSchema = Type.Enum(['escape', 'keep'], {
  default: 'escape',
  description:
    'escape: text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line end) is prefixed with an apostrophe; keep: all text stays as it is',
});

/**
 * A line of CSV (RFC 4180) with its line end.
 * @param safe puts an apostrophe before a text that a spreadsheet would run as a formula (CSV injection)
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvLine(values: readonly unknown[], safe: boolean): string {
  return `${values.map((value) => cell(value, safe)).join(',')}\r\n`;
}

function cell(value: unknown, safe: boolean): string {
  const plain = String(value ?? '');
  if (typeof value === 'number') return plain;
  const text = safe && FORMULA.test(plain) ? `'${plain}` : plain;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
