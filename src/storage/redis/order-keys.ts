import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ErrorReply } from 'redis';
import type { Logger } from '../../telemetry/logger.ts';
import type { OrderDocument } from '../stored-orders.ts';
import type { RedisRun } from './client.ts';
import type { KeySpace } from './key-space.ts';
import type { RedisNodes } from './nodes.ts';

/** What the cache answered for the uids asked for. A uid in none of the three is a miss that may not be filled. */
export interface CacheAnswer {
  readonly found: ReadonlyMap<string, OrderDocument>;
  /**
   * Leases by uid: each permits to fill that key with what is read from the database from now on. See "Scaling Memcache
   * at Facebook" (NSDI '13), section 3.2.1.
   */
  readonly leases: ReadonlyMap<string, string>;
  /** Uids for which somebody else has a lease: most likely the order will be there in a few milliseconds. */
  readonly held: ReadonlySet<string>;
}

/** What was read from the database after the lease was given. */
export interface CacheFill {
  readonly uid: string;
  readonly lease: string;
  /** Undefined when there is no such order or it could not be read. Absence is not cached; the lease is given back. */
  readonly document: OrderDocument | undefined;
}

export interface OrderKeysOptions {
  readonly ttlSeconds: number;
  readonly leaseMs?: number;
}

/** Begins a lease, never an order. Both use the order's key: one UNLINK removes either, and one node has both. */
const LEASE = 'lease:';
const FILL = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])`;

/** The commands on the keys of orders: read them, plant leases, fill, delete. */
export class OrderKeys {
  readonly #space: KeySpace;
  readonly #ttlMs: number;
  readonly #leaseMs: number;
  readonly #onNoLease: (error: ErrorReply) => void;
  readonly #logger: Logger;
  readonly #leaseName = LEASE + randomBytes(9).toString('base64url');
  #leaseNumber = 0;

  /** `onNoLease` is called with the reason when Redis gives no lease. */
  constructor(space: KeySpace, options: OrderKeysOptions, onNoLease: (error: ErrorReply) => void, logger: Logger) {
    this.#space = space;
    this.#ttlMs = options.ttlSeconds * 1000;
    this.#leaseMs = options.leaseMs ?? 5_000;
    this.#onNoLease = onNoLease;
    this.#logger = logger;
  }

  /** Tries on each server the commands that the cache needs. @throws ErrorReply of the one that is refused */
  tryOut(run: RedisRun): Promise<void> {
    return this.#space.tryOut(run, FILL, this.#leaseName);
  }

  /** The orders that are cached, and leases for those that are not. */
  async ask(redis: RedisNodes, uids: readonly string[]) {
    const values = await redis.getAll(uids.map((uid) => this.#space.order(uid)));
    const found = new Map<string, OrderDocument>();
    const free: string[] = [];
    const held = new Set<string>();
    const corrupt: string[] = [];
    for (const [at, uid] of uids.entries()) {
      const value = values[at];
      if (value == null) free.push(uid);
      else if (isLease(value)) held.add(uid);
      else {
        const document = decodeCachedOrder(uid, value);
        if (document === undefined) corrupt.push(uid);
        else found.set(uid, document);
      }
    }
    if (corrupt.length > 0) {
      this.#logger.warn({ orders: corrupt.length }, 'dropped invalid values of cached orders');
      await this.unlink(redis, corrupt);
    }
    const wanted = [...free, ...corrupt];
    const leases = await this.#plant(redis, wanted);
    for (const uid of wanted) if (leases !== undefined && !leases.has(uid)) held.add(uid);
    return { found, leases: leases ?? new Map(), held };
  }

  /** True when the order is in Redis now. */
  async store(redis: RedisNodes, { uid, lease, document }: CacheFill): Promise<boolean> {
    const key = this.#space.order(uid);
    const node = redis.of(key).redis;
    if (document === undefined) {
      await node.eval(RELEASE, { keys: [key], arguments: [lease] });
      return false;
    }
    const ttlMs = Math.ceil(this.#ttlMs * (1 - Math.random() / 10));
    const reply = await node.eval(FILL, {
      keys: [key],
      arguments: [lease, encodeCachedOrder(uid, document), String(ttlMs)],
    });
    return reply === 1;
  }

  async unlink(redis: RedisNodes, uids: readonly string[]): Promise<void> {
    const keys = uids.map((uid) => this.#space.order(uid));
    await Promise.all(keys.map((key) => redis.of(key).redis.unlink(key)));
  }

  /** The leases that were given; undefined when Redis gives none at present. */
  async #plant(redis: RedisNodes, uids: readonly string[]): Promise<ReadonlyMap<string, string> | undefined> {
    if (uids.length === 0) return new Map();
    const lease = `${this.#leaseName}.${this.#leaseNumber++}`;
    const options = { condition: 'NX', expiration: { type: 'PX', value: this.#leaseMs } } as const;
    try {
      const keys = uids.map((uid) => this.#space.order(uid));
      const replies = await Promise.all(keys.map((key) => redis.of(key).redis.set(key, lease, options)));
      return new Map(uids.filter((_, at) => replies[at] === 'OK').map((uid) => [uid, lease]));
    } catch (error) {
      // A full or read-only Redis still answers reads; it only can't be filled.
      if (!(error instanceof ErrorReply)) throw error;
      this.#onNoLease(error);
      return undefined;
    }
  }
}

/** A value that is a lease to fill the key, or the start of one. */
export function isLease(value: Buffer): boolean {
  return value.toString('latin1', 0, LEASE.length) === LEASE;
}

const VERSION = '2';
const LINE_FEED = 0x0a;
/** After version, blank, eight hexadecimal digits, blank. */
const CHECKED_FROM = 11;
/** Of the header; none of them, not even the topic, contains a blank. */
const FIELDS = 8;

/**
 * The value of a cached order: a line of text, then the order's JSON as clients get it.
 * `2 <crc32> <etag> <partition> <offset> <produced at, ms> <stored at, ms> <topic>\n{…}`; the checksum covers
 * the uid and all that follows it, so that another order's value is never taken for this one.
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

/** The order in a value; undefined when `encodeCachedOrder` did not write it for this uid. The bytes are copied. */
export function decodeCachedOrder(uid: string, bytes: Buffer): OrderDocument | undefined {
  const end = bytes.indexOf(LINE_FEED);
  if (end < CHECKED_FROM) return undefined;
  const fields = bytes.toString('utf8', 0, end).split(' ');
  const [version, sum = '', etag = '', partition, offset = '', producedAt, storedAt, topic = ''] = fields;
  // What passes the checksum was written by `encodeCachedOrder`, so its fields are valid.
  if (version !== VERSION || fields.length !== FIELDS || sum !== checksum(uid, bytes)) return undefined;
  return {
    // The client's buffer is a view into everything that came in one read of the socket, and would keep all of it.
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
