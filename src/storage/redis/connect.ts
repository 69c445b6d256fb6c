import { AppError } from '../../lib/app-error.ts';
import {
  connectNode,
  type NodeEvents,
  type RedisNode,
  readSlots,
  type SlotRange,
  urlOfNode,
} from './node.ts';
import { RedisNodes } from './nodes.ts';

/** What is connected, and a look at whether it still is what it was. */
export interface Connected {
  readonly nodes: RedisNodes;
  /** Resolves when every node has answered; also looks at a cluster's slots, when `slots` is set. @throws when they moved */
  probe(slots: boolean): Promise<void>;
}

/**
 * Connects to the Redis there; of a cluster to all its masters, whichever nodes the addresses name. The addresses are tried one
 * after the other.
 * @throws the last one's error; nothing stays open then.
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
      if (now === undefined || text(now) !== text(ranges))
        throw new Error('the slots of the cluster have moved');
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
