import { AppError } from '../../lib/app-error.ts';
import { connectNode, type NodeEvents, type RedisNode, readSlots, type SlotRange, urlOfNode } from './node.ts';

/** A Redis, or the masters of a Redis Cluster, with a connection to each. */
export class RedisNodes {
  readonly all: readonly RedisNode[];
  readonly #bySlot: readonly RedisNode[] | undefined;

  constructor(all: readonly RedisNode[], ranges?: readonly SlotRange[]) {
    this.all = all;
    if (ranges === undefined) return;
    const bySlot: RedisNode[] = [];
    for (const { from, to, address } of ranges) {
      const owner = all.find((node) => node.address === address);
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
  /** Resolves when every node has answered; `slots` also checks a cluster's slots. @throws when they have moved */
  probe(slots: boolean): Promise<void>;
}

/**
 * Connects to Redis, and to all masters of a cluster, whichever of its nodes the addresses name. Tries one address
 * after the other.
 * @throws the error of the last address; nothing stays open then
 */
export async function connect(
  urls: readonly string[],
  connectTimeoutMs: number,
  events: NodeEvents,
): Promise<Connected> {
  let failure: unknown = new AppError('cache_unavailable', 'no address');
  for (const url of urls) {
    try {
      return await connectFrom(url, urls.length > 1, connectTimeoutMs, events);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function connectFrom(
  url: string,
  several: boolean,
  connectTimeoutMs: number,
  events: NodeEvents,
): Promise<Connected> {
  const opened: RedisNode[] = [];
  const open = async (to: string): Promise<RedisNode> => {
    const node = await connectNode({ url: to, connectTimeoutMs }, events);
    opened.push(node);
    return node;
  };
  try {
    const seed = await open(url);
    const ranges = await readSlots(seed, url);
    if (ranges === undefined) {
      if (several) throw new AppError('cache_unavailable', `${seed.address} is not part of a cluster`);
      return { nodes: new RedisNodes([seed]), probe: () => ping([seed]) };
    }
    const addresses = new Set(ranges.map(({ address }) => address));
    if (!addresses.has(seed.address)) seed.destroy();
    const others = [...addresses].filter((address) => address !== seed.address);
    const more = await Promise.all(others.map((address) => open(urlOfNode(url, address))));
    const masters = addresses.has(seed.address) ? [seed, ...more] : more;
    const nodes = new RedisNodes(masters, ranges);
    let turn = 0;
    const probe = async (slots: boolean): Promise<void> => {
      const asked = masters[turn++ % masters.length];
      const [now] = await Promise.all([slots && asked ? readSlots(asked, url) : ranges, ping(masters)]);
      if (now === undefined || text(now) !== text(ranges)) throw new Error('the slots of the cluster have moved');
    };
    return { nodes, probe };
  } catch (error) {
    for (const node of opened) node.destroy();
    throw error;
  }
}

async function ping(nodes: readonly RedisNode[]): Promise<void> {
  await Promise.all(nodes.map(({ redis }) => redis.ping()));
}

function text(ranges: readonly SlotRange[]): string {
  return ranges.map(({ from, to, address }) => `${from}-${to} ${address}`).join();
}
