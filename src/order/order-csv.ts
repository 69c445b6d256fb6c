import type { Order } from './order.ts';

const DELIVERY = ['name', 'phone', 'zip', 'city', 'address', 'region', 'email'] as const;
const PAYMENT = [
  'transaction',
  'request_id',
  'currency',
  'provider',
  'amount',
  'payment_dt',
  'bank',
  'delivery_cost',
  'goods_total',
  'custom_fee',
] as const;

const COLUMNS = [
  'order_uid',
  'track_number',
  'entry',
  ...DELIVERY.map((name) => `delivery_${name}`),
  // The field has the prefix already.
  ...PAYMENT.map((name) => (name === 'payment_dt' ? name : `payment_${name}`)),
  'items',
  'locale',
  'internal_signature',
  'customer_id',
  'delivery_service',
  'shardkey',
  'sm_id',
  'date_created',
  'oof_shard',
];

/** The names of the columns as the first line, with its line end. */
export const CSV_HEADER = `${COLUMNS.join(',')}\r\n`;

/** What a spreadsheet would take for a formula: OWASP's list, full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const QUOTED = /[",\r\n]/;

/**
 * An order as a line of CSV (RFC 4180) with its line end; delivery and payment have a column a field, the items are one column of JSON.
 * @param safe puts an apostrophe before a text that a spreadsheet would run as a formula (CSV injection). Without it every
 * text is what the order says.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function orderToCsv(order: Order, safe: boolean): string {
  const { delivery, payment } = order;
  const values = [
    order.order_uid,
    order.track_number,
    order.entry,
    ...DELIVERY.map((name) => delivery[name]),
    ...PAYMENT.map((name) => payment[name]),
    JSON.stringify(order.items),
    order.locale,
    order.internal_signature,
    order.customer_id,
    order.delivery_service,
    order.shardkey,
    order.sm_id,
    order.date_created,
    order.oof_shard,
  ];
  return `${values.map((value) => field(value, safe)).join(',')}\r\n`;
}

function field(value: string | number, safe: boolean): string {
  if (typeof value === 'number') return String(value);
  const text = safe && FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
