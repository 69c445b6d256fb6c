import { crc32 } from 'node:zlib';
import { textOf } from '../../../lib/text-or-base64.ts';
import type { ListOrder, ListPosition, OrderFilter } from '../../../storage/order-listing.ts';

const VERSION = 1;
const HEAD_BYTES = 17;
const SUM_BYTES = 4;
const MAX_UID_BYTES = 128 * 4;
// The years 1 to 9999, as PostgreSQL reads them.
const FIRST_MICROS = -62_135_596_800_000_000n;
const LAST_MICROS = 253_402_300_799_999_999n;

/** The list a cursor belongs to: it is of no use for any other. */
export interface ListedQuery {
  readonly filter: OrderFilter;
  readonly order: ListOrder;
}

/** A position as URL-safe text: version, instant, offset, uid, and a checksum over these and the query. */
export function encodeListCursor({ storedAt, offset, uid }: ListPosition, query: ListedQuery): string {
  const uidBytes = Buffer.from(uid);
  const bytes = Buffer.alloc(HEAD_BYTES + uidBytes.length + SUM_BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeBigInt64BE(storedAt, 1);
  bytes.writeBigInt64BE(offset, 9);
  uidBytes.copy(bytes, HEAD_BYTES);
  bytes.writeUInt32BE(checksum(bytes, query), bytes.length - SUM_BYTES);
  return bytes.toString('base64url');
}

/**
 * The opposite; undefined when the text is no cursor of this query. The checksum tells accidents; a cursor made up on purpose is
 * a position that could stand in a list, and no more than that.
 */
export function decodeListCursor(text: string, query: ListedQuery): ListPosition | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const uidBytes = bytes.length - HEAD_BYTES - SUM_BYTES;
  if (uidBytes < 0 || uidBytes > MAX_UID_BYTES || bytes.toString('base64url') !== text) return undefined;
  if (bytes[0] !== VERSION || bytes.readUInt32BE(bytes.length - SUM_BYTES) !== checksum(bytes, query))
    return undefined;
  const storedAt = bytes.readBigInt64BE(1);
  const offset = bytes.readBigInt64BE(9);
  const uid = textOf(bytes.subarray(HEAD_BYTES, HEAD_BYTES + uidBytes));
  if (uid === undefined || uid.includes('\u0000')) return undefined;
  if (offset < 0n || storedAt < FIRST_MICROS || storedAt > LAST_MICROS) return undefined;
  return { storedAt, offset, uid };
}

function checksum(bytes: Buffer, { filter, order }: ListedQuery): number {
  const named = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return crc32(bytes.subarray(0, bytes.length - SUM_BYTES), crc32(JSON.stringify([order, named])));
}
