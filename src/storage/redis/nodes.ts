import { type Address, formatAddress } from '../../lib/address.ts';
import { AppError } from '../../lib/app-error.ts';
import { parseRedisUrls, type RedisUrl } from '../../lib/connection-url.ts';
import { heardWithin } from '../../lib/deadline.ts';
import { CacheUnusable } from '../cache-trouble.ts';
import { explain } from './explain.ts';
import {
  connectNode,
  type NodeEvents,
  type NodeTarget,
  type RedisAccess,
  type RedisNode,
  readSlots,
  type SlotRange,
} from './node.ts';
import { Sentinels } from './sentinels.ts';

/** A Redis, or the masters of a Redis Cluster, with a connection to each. */
export class RedisNodes {
  readonly all: readonly RedisNode[];
  readonly #bySlot: readonly RedisNode[] | undefined;
  readonly #onDestroy: () => void;

  constructor(all: readonly RedisNode[], ranges?: readonly SlotRange[], onDestroy: () => void = () => {}) {
    this.all = all;
    this.#onDestroy = onDestroy;
    if (ranges === undefined) return;
    const bySlot: RedisNode[] = [];
    for (const { from, to, master } of ranges) {
      const owner = all.find(({ address }) => address === formatAddress(master));
      if (owner !== undefined) for (let slot = from; slot <= to; slot++) bySlot[slot] = owner;
    }
    this.#bySlot = bySlot;
  }

  /** The node of the key. @throws AppError `cache_unavailable` for a slot that no master serves */
  of(key: string): RedisNode {
    const node = this.#bySlot === undefined ? this.all[0] : this.#bySlot[keySlot(key)];
    if (node === undefined)
      throw new AppError('cache_unavailable', 'no node serves the slot of that key', { retryable: true });
    return node;
  }

  /** The values in the order of the keys, null where there is none. One command, except in a cluster. */
  async getAll(keys: readonly string[]): Promise<(Buffer | null)[]> {
    const only = this.#bySlot === undefined ? this.all[0] : undefined;
    if (only !== undefined) return await only.bytes.mGet([...keys]);
    return await Promise.all(keys.map((key) => this.of(key).bytes.get(key)));
  }

  /** Whether all servers report changed keys. */
  get tracked(): boolean {
    return this.all.every((node) => node.tracked);
  }

  get isCluster(): boolean {
    return this.#bySlot !== undefined;
  }

  /** A hash tag, `{…}`, whose keys belong to the node; empty without a cluster. */
  tagOf(node: RedisNode): string {
    if (this.#bySlot === undefined) return '';
    for (let number = 0; ; number++) if (this.#bySlot[keySlot(`{${number}}`)] === node) return `{${number}}`;
  }

  destroy(): void {
    for (const node of this.all) node.destroy();
    this.#onDestroy();
  }
}

const SLOTS = 16_384;
const encoder = new TextEncoder();

/** CRC16/XMODEM of every byte. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc;
});

/**
 * The hash slot of a key, 0..16383: that of the text between the first `{` and the next `}`, if there is any, otherwise
 * of the whole key.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
export function keySlot(key: string): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of encoder.encode(hashed)) crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ byte] ?? 0);
  return crc % SLOTS;
}

/** The connected nodes, and a check of them. */
export interface Connected {
  readonly nodes: RedisNodes;
  /**
   * Resolves when every node has answered; `places` also checks that they are still the ones to use.
   * @throws when a cluster's slots have moved
   */
  probe(places: boolean): Promise<void>;
}

/**
 * Connects to Redis, to all masters of a cluster, whichever of its nodes the addresses name, or to the primary that
 * Sentinels name. Tries one address after the other.
 * @throws CacheUnusable of the last address; nothing stays open then
 */
export async function connect(access: RedisAccess, events: NodeEvents): Promise<Connected> {
  const urls = parseRedisUrls(access.url);
  if (urls.some(({ primary }) => primary !== undefined)) return await connectPrimary(access, urls, events);
  let failure: unknown;
  for (const url of urls) {
    try {
      return await connectFrom(access, url, urls.length > 1, events);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function connectFrom(
  access: RedisAccess,
  url: RedisUrl,
  several: boolean,
  events: NodeEvents,
): Promise<Connected> {
  const opened: RedisNode[] = [];
  const [at] = url.addresses;
  const open = async (address: Address, role: NodeTarget['role']): Promise<RedisNode> => {
    const node = await connectNode({ access, url, address, user: url.user, role }, events);
    opened.push(node);
    return node;
  };
  try {
    const seed = await open(at, 'server');
    if (seed.mode !== 'cluster') {
      const advice = 'name one server in redis.url, or nodes of one cluster';
      if (several) throw new CacheUnusable('refused', `Redis at ${seed.address} is not part of a cluster`, { advice });
      return { nodes: new RedisNodes([seed]), probe: () => ping([seed]) };
    }
    const ranges = await heardWithin(access.connectTimeoutMs, readSlots(seed, at));
    const masters = new Map(ranges.map(({ master }) => [formatAddress(master), master]));
    const isMaster = masters.delete(seed.address);
    if (!isMaster) seed.destroy();
    const more = await Promise.all([...masters.values()].map((address) => open(address, 'named')));
    const all = isMaster ? [seed, ...more] : more;
    let turn = 0;
    const probe = async (places: boolean): Promise<void> => {
      const asked = all[turn++ % all.length];
      const [now] = await Promise.all([places && asked ? readSlots(asked, at) : ranges, ping(all)]);
      if (text(now) !== text(ranges)) throw new Error('the slots of the cluster have moved');
    };
    return { nodes: new RedisNodes(all, ranges), probe };
  } catch (error) {
    for (const node of opened) node.destroy();
    throw explain(error, { address: at, user: url.user, role: 'server' });
  }
}

/**
 * To the first server that Sentinels name and that is a primary. It is given up once most of them name another, or one
 * of them in a newer configuration.
 */
async function connectPrimary(access: RedisAccess, urls: readonly RedisUrl[], events: NodeEvents): Promise<Connected> {
  const sentinels = new Sentinels(access, urls);
  let failure: unknown;
  try {
    for (const { target, epoch } of await sentinels.primaries()) {
      try {
        const node = await connectNode(target, events);
        if (!node.isReplica) {
          const nodes = new RedisNodes([node], undefined, () => sentinels.close());
          return { nodes, probe: probeOf(node, epoch) };
        }
        node.destroy();
        const advice = 'wait until its Sentinels agree, or check them with SENTINEL CKQUORUM';
        failure = new CacheUnusable('read_only', `the Sentinels name ${node.address}, which is a replica`, { advice });
      } catch (error) {
        failure = error;
      }
    }
  } catch (error) {
    failure = error;
  }
  sentinels.close();
  throw failure;

  function probeOf(node: RedisNode, epoch: number): Connected['probe'] {
    let asking = false;
    const ask = async (): Promise<void> => {
      asking = true;
      // While no Sentinel answers, there is no failover either; and a single one that is behind knows nothing new.
      const [named] = await sentinels.primaries().catch(() => []);
      const isNews = named !== undefined && (named.agreed || named.epoch > epoch);
      if (isNews && formatAddress(named.target.address) !== node.address)
        events.lost('the Sentinels name another primary');
      asking = false;
    };
    return async (places) => {
      // A Sentinel may take longer than a command of a lookup may.
      if (places && !asking) void ask();
      await ping([node]);
    };
  }
}

async function ping(nodes: readonly RedisNode[]): Promise<void> {
  await Promise.all(nodes.map(({ redis }) => redis.ping()));
}

function text(ranges: readonly SlotRange[]): string {
  return ranges.map(({ from, to, master }) => `${from}-${to} ${formatAddress(master)}`).join();
}
