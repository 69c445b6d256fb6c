import { ORDER_FIELDS, type OrderFields } from '../../../order/fields.ts';
import type { Order } from '../../../order/order.ts';
import { csvLine } from '../csv.ts';

/** The names of the columns as the first line, with its line end. */
export function csvHeader({ order, head }: OrderFields = ORDER_FIELDS): string {
  const columns = order.map(({ column }) => column);
  return csvLine([...columns.slice(0, head), 'items', ...columns.slice(head)], false);
}

/**
 * An order as a line of CSV; delivery and payment have a column a field, the items are one column of JSON. `safe` as in
 * `csvLine`: without it every text is what the order says.
 */
export function orderToCsv(order: Order, safe: boolean, fields: OrderFields = ORDER_FIELDS): string {
  const values = fields.order.map(({ read }) => read(order));
  return csvLine([...values.slice(0, fields.head), JSON.stringify(order.items), ...values.slice(fields.head)], safe);
}
