import type { ByteWriter } from '../../lib/byte-writer.ts';
import { BACKSLASH, LINE_FEED, TAB } from '../../lib/json-bytes.ts';
import { type Field, ORDER_FIELDS } from '../../order/fields.ts';
import type { OrderScan } from '../../order/order-scan.ts';

const list = (fields: readonly Field[], table = ''): string =>
  fields.map(({ column }) => `${table}${column}`).join(', ');

/**
 * SQL for an order `o` with its items as one text, for a fraction of what JSON costs: the number of items, the order's
 * values, and an item a line with its position, all between tabs. Values without a tab or a line feed give the same
 * text only if they are the same: with the number of items, that of the separators is known, and none is a value's.
 */
export const ROW_TEXT = `(select concat(count(*), E'\\t', concat_ws(E'\\t', ${list(ORDER_FIELDS.order, 'o.')}), E'\\n',
  string_agg(line, E'\\n'), E'\\n') from (select concat_ws(E'\\t', position, ${list(ORDER_FIELDS.item)}) as line
  from order_items where order_uid = o.order_uid order by position) i)`;

/** So that instants are written as `writeRowText` writes them. */
export const ROW_TEXT_SETTINGS = `set local datestyle = 'ISO'; set local timezone = 'UTC'`;

const INSTANTS = new Set(ORDER_FIELDS.order.flatMap(({ kind }, at) => (kind === 'instant' ? [2 * at] : [])));
const [SPACE, T, Z, UTC] = [0x20, 0x54, 0x5a, Buffer.from('+00')];

/**
 * Writes the order last recognised as ROW_TEXT gives it. False, with nothing of use written, when a value has a
 * backslash in the scan's spelling, which may stand for anything.
 */
export function writeRowText(scan: OrderScan, out: ByteWriter): boolean {
  const { bytes, rewritten, fields, itemFields, itemSize, items } = scan;
  if (rewritten.length > 0 && rewritten.bytes.subarray(0, rewritten.length).indexOf(BACKSLASH) !== -1) return false;
  out.integer(items);
  for (let field = 0; field < fields.length; field += 2) {
    out.byte(TAB);
    const from = fields[field] as number;
    const [source, start] = from >= 0 ? [bytes, from] : [rewritten.bytes, ~from];
    const end = fields[field + 1] as number;
    if (INSTANTS.has(field)) instant(source, start, end, out);
    else out.copy(source, start, end);
  }
  out.byte(LINE_FEED);
  for (let item = 0; item < items; item++) {
    out.integer(item + 1);
    for (let field = itemSize * item; field < itemSize * (item + 1); field += 2) {
      out.byte(TAB);
      const from = itemFields[field] as number;
      if (from >= 0) out.copy(bytes, from, itemFields[field + 1] as number);
      else out.copy(rewritten.bytes, ~from, itemFields[field + 1] as number);
    }
    out.byte(LINE_FEED);
  }
  return true;
}

/** An RFC 3339 date-time of UTC, as PostgreSQL writes it. */
function instant(source: Uint8Array, from: number, to: number, out: ByteWriter): void {
  for (let at = from; at < to; at++) {
    const byte = source[at] as number;
    if (byte === Z) out.bytes(UTC);
    else out.byte(byte === T ? SPACE : byte);
  }
}
