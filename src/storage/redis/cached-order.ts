import { crc32 } from 'node:zlib';
import type { OrderDocument } from '../stored-orders.ts';

const VERSION = '2';
const LINE_FEED = 0x0a;
/** Version, blank, eight hexadecimal digits, blank. */
const CHECKED_FROM = 11;
/** Of the header, one of them the topic, which has no blank. */
const FIELDS = 8;

/**
 * An order as the cache keeps it: a line of text, then the order's JSON as clients get it.
 * `2 <crc32> <etag> <partition> <offset> <produced at, ms> <stored at, ms> <topic>\n{…}`; the checksum is that of all that
 * follows it, begun with the uid's, so that another order's value is not taken for this one's.
 */
export function encodeCachedOrder(uid: string, { body, etag, origin }: OrderDocument): Buffer {
  const { topic, partition, offset, producedAt, storedAt } = origin;
  const rest = `${etag} ${partition} ${offset} ${producedAt} ${storedAt} ${topic}\n`;
  const restLength = Buffer.byteLength(rest);
  const bytes = Buffer.allocUnsafe(CHECKED_FROM + restLength + body.byteLength);
  bytes.write(rest, CHECKED_FROM);
  bytes.set(body, CHECKED_FROM + restLength);
  bytes.write(`${VERSION} ${checksum(uid, bytes)} `, 0, 'latin1');
  return bytes;
}

/** The cache's bytes → the order; undefined when they are not what `encodeCachedOrder` makes for this uid. The bytes are copied. */
export function decodeCachedOrder(uid: string, bytes: Buffer): OrderDocument | undefined {
  const end = bytes.indexOf(LINE_FEED);
  if (end < CHECKED_FROM) return undefined;
  const fields = bytes.toString('utf8', 0, end).split(' ');
  const [version, sum = '', etag = '', partition, offset = '', producedAt, storedAt, topic = ''] = fields;
  // What passes the checksum was written by `encodeCachedOrder`, so its fields are what they must be.
  if (version !== VERSION || fields.length !== FIELDS || sum !== checksum(uid, bytes)) return undefined;
  return {
    // Redis clients hand out views into all that came in one read of the socket: kept, they would keep that, too.
    body: new Uint8Array(bytes.subarray(end + 1)),
    etag,
    origin: {
      topic,
      partition: Number(partition),
      offset: BigInt(offset),
      producedAt: Number(producedAt),
      storedAt: Number(storedAt),
    },
  };
}

function checksum(uid: string, bytes: Buffer): string {
  return crc32(bytes.subarray(CHECKED_FROM), crc32(uid)).toString(16).padStart(8, '0');
}
