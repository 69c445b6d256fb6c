import { ORDER_FIELDS, type OrderFields } from '../../../order/fields.ts';
import type { Order } from '../../../order/order.ts';

/** The names of the columns as the first line, with its line end. */
export function csvHeader({ order, head }: OrderFields = ORDER_FIELDS): string {
  const columns = order.map(({ column }) => column);
  return `${[...columns.slice(0, head), 'items', ...columns.slice(head)].join(',')}\r\n`;
}

/** What a spreadsheet would take for a formula: OWASP's list, full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const QUOTED = /[",\r\n]/;

/**
 * An order as a line of CSV (RFC 4180) with its line end; delivery and payment have a column a field, the items are one
 * column of JSON.
 * @param safe puts an apostrophe before a text that a spreadsheet would run as a formula (CSV injection). Without it
 *   every text is what the order says.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function orderToCsv(order: Order, safe: boolean, fields: OrderFields = ORDER_FIELDS): string {
  const values = fields.order.map(({ read }) => cell(read(order), safe));
  const items = cell(JSON.stringify(order.items), safe);
  return `${[...values.slice(0, fields.head), items, ...values.slice(fields.head)].join(',')}\r\n`;
}

function cell(value: unknown, safe: boolean): string {
  const plain = String(value);
  if (typeof value === 'number') return plain;
  const text = safe && FORMULA.test(plain) ? `'${plain}` : plain;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
