import { ErrorReply } from 'redis';
import type { RedisRun } from './client.ts';
import type { RedisNode } from './node.ts';
import type { RedisNodes } from './nodes.ts';

/** Takes the key space for a database, if it is still that of the one it was found to be. */
const CLAIM = `local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[2] then return owner end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]`;
const TRIAL_MS = 1_000;

/** The keys of one prefix: `<prefix>:v2:order:<uid>`, `<prefix>:v2:run-id`, `<prefix>:v2:database`, `<prefix>:v2:trial`. */
export class KeySpace {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `${prefix}:v2:`;
  }

  /** Key of an order, or of the lease to fill it. */
  order(uid: string): string {
    return `${this.#prefix}order:${uid}`;
  }

  /** The uid in an order's key; undefined for any other key. */
  uidOf(key: string): string | undefined {
    const start = `${this.#prefix}order:`;
    return key.startsWith(start) ? key.slice(start.length) : undefined;
  }

  /** The keys of all orders and leases, as SCAN's MATCH. */
  get orderPattern(): string {
    return `${this.#prefix.replace(/[\\*?[\]^-]/g, '\\$&')}order:*`;
  }

  /** Key of the identity of the database whose orders these are. */
  get database(): string {
    return `${this.#prefix}database`;
  }

  /** The identity of the database whose orders these are; undefined when nobody has said so yet. */
  async owner(run: RedisRun): Promise<string | undefined> {
    const key = this.database;
    return (await run((redis) => redis.of(key).redis.get(key))) ?? undefined;
  }

  /** Makes them those of another database, as long as `before` is still the owner, and says whose they are then. */
  async claim(run: RedisRun, owner: string, before = ''): Promise<string> {
    const key = this.database;
    const reply = await run((redis) =>
      redis.of(key).redis.eval(CLAIM, { keys: [key], arguments: [owner, before] }),
    );
    return String(reply);
  }

  /** Does on each server what the cache will do there, by the same commands. @throws ErrorReply of the one that is refused */
  async tryOut(run: RedisRun, fill: string, lease: string): Promise<void> {
    await run((redis) =>
      Promise.all(
        redis.all.map(async (node) => {
          const key = `${this.#prefix}trial${redis.tagOf(node)}`;
          await node.redis.set(key, lease, { expiration: { type: 'PX', value: TRIAL_MS } });
          await node.redis.eval(fill, { keys: [key], arguments: [lease, 'filled', String(TRIAL_MS)] });
          await redis.getAll([key]);
          await node.redis.unlink(key);
        }),
      ),
    );
  }

  /**
   * The run_ids of the servers that are not the ones noted in the key space, by node; of servers that do not tell, none. Of a
   * cluster each master has a note of its own.
   */
  async changedRunIds(run: RedisRun): Promise<Map<RedisNode, string>> {
    const changed = new Map<RedisNode, string>();
    await run(async (redis) => {
      await Promise.all(
        redis.all.map(async (node) => {
          const runId = await runIdOf(node);
          if (runId === undefined) return;
          if ((await node.redis.get(this.#runIdKey(redis, node))) !== runId) changed.set(node, runId);
        }),
      );
    });
    return changed;
  }

  /** Notes that no key there is older than this run of the server. */
  async noteRunIds(run: RedisRun, runIds: ReadonlyMap<RedisNode, string>): Promise<void> {
    await run((redis) =>
      Promise.all([...runIds].map(([node, runId]) => node.redis.set(this.#runIdKey(redis, node), runId))),
    );
  }

  /**
   * Deletes every order and lease there is at its beginning, and says how many: SCAN returns each key that stays from its
   * beginning to its end.
   */
  async sweep(run: RedisRun): Promise<number> {
    const nodes = await run(async (redis) => redis.all);
    let keys = 0;
    for (const node of nodes) keys += await this.#sweepNode(run, node);
    return keys;
  }

  async #sweepNode(run: RedisRun, { redis }: RedisNode): Promise<number> {
    const pattern = this.orderPattern;
    let cursor = '0';
    let keys = 0;
    do {
      const page = await run(() => redis.scan(cursor, { MATCH: pattern, COUNT: 1000 }));
      await run(() => Promise.all(page.keys.map((key) => redis.unlink(key))));
      cursor = page.cursor;
      keys += page.keys.length;
    } while (cursor !== '0');
    return keys;
  }

  #runIdKey(redis: RedisNodes, node: RedisNode): string {
    return `${this.#prefix}run-id${redis.tagOf(node)}`;
  }
}

async function runIdOf({ redis }: RedisNode): Promise<string | undefined> {
  try {
    return /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1];
  } catch (error) {
    // Hosted servers may forbid INFO.
    if (error instanceof ErrorReply) return undefined;
    throw error;
  }
}
