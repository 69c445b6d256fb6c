import { ErrorReply } from 'redis';
import { messageOf } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import { type CachedDatabase, CacheUnusable } from '../cache-trouble.ts';
import type { RedisRun } from './client.ts';
import type { RedisNode } from './node.ts';
import type { RedisNodes } from './nodes.ts';

/** Makes the keys those of a database, unless the owner has changed meanwhile. */
const CLAIM = `local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[2] then return owner end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]`;
const TRIAL_MS = 1_000;

/** The keys of one prefix: `<prefix>:v2:` and then `order:<uid>`, `run-id`, `database` or `trial`. */
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

  /** Matches the keys of all orders and leases, or of those whose uid contains a text, for SCAN. */
  pattern(part = ''): string {
    return `${literal(this.#prefix)}order:${part === '' ? '' : `*${literal(part)}`}*`;
  }

  /** Key of the identity of the database that the orders belong to. */
  get database(): string {
    return `${this.#prefix}database`;
  }

  /** The identity of the database that the orders belong to; undefined when nobody has claimed them yet. */
  async owner(run: RedisRun): Promise<string | undefined> {
    const key = this.database;
    return (await run((redis) => redis.of(key).redis.get(key))) ?? undefined;
  }

  /** Makes `owner` the owner if that is still `before`; returns the owner afterwards. */
  async claim(run: RedisRun, owner: string, before = ''): Promise<string> {
    const key = this.database;
    const reply = await run((redis) => redis.of(key).redis.eval(CLAIM, { keys: [key], arguments: [owner, before] }));
    return String(reply);
  }

  /** Tries on each server the commands that the cache needs. @throws ErrorReply of the one that is refused */
  async tryOut(run: RedisRun, fill: string, lease: string): Promise<void> {
    await run((redis) =>
      Promise.all(
        redis.all.map(async (node) => {
          const key = `${this.#prefix}trial${redis.tagOf(node)}`;
          await node.redis.set(key, lease, { expiration: { type: 'PX', value: TRIAL_MS } });
          // A refusal in a script would not name the command.
          await node.redis.get(key);
          await node.redis.eval(fill, { keys: [key], arguments: [lease, 'filled', String(TRIAL_MS)] });
          await redis.getAll([key]);
          await node.redis.unlink(key);
          await node.redis.scan('0', { MATCH: key, COUNT: 1 });
        }),
      ),
    );
  }

  /**
   * The run_ids of the servers that tell theirs, by node. `doubtful`: keys there may be older than a change, because a
   * server does not tell, or has another run_id than is recorded in the key space or is among those `before`. Each
   * master of a cluster has a record of its own.
   */
  async runIds(
    run: RedisRun,
    before: ReadonlySet<string> | undefined,
  ): Promise<{ runIds: ReadonlyMap<RedisNode, string>; doubtful: boolean }> {
    const runIds = new Map<RedisNode, string>();
    let doubtful = false;
    await run(async (redis) => {
      await Promise.all(
        redis.all.map(async (node) => {
          const [runId, recorded] = await Promise.all([runIdOf(node), node.redis.get(this.#runIdKey(redis, node))]);
          if (runId === undefined || runId !== recorded || before?.has(runId) === false) doubtful = true;
          if (runId !== undefined) runIds.set(node, runId);
        }),
      );
    });
    return { runIds, doubtful };
  }

  /** Records that no key there is older than this run of the server. */
  async noteRunIds(run: RedisRun, runIds: ReadonlyMap<RedisNode, string>): Promise<void> {
    await run((redis) =>
      Promise.all([...runIds].map(([node, runId]) => node.redis.set(this.#runIdKey(redis, node), runId))),
    );
  }

  /** Deletes all orders and leases that exist at its start: SCAN finds all that exist throughout. Returns how many. */
  async sweep(run: RedisRun): Promise<number> {
    const nodes = await run(async (redis) => redis.all);
    let keys = 0;
    for (const node of nodes) keys += await this.#sweepNode(run, node);
    return keys;
  }

  async #sweepNode(run: RedisRun, { redis }: RedisNode): Promise<number> {
    const pattern = this.pattern();
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

/** A text in which nothing stands for something else. */
function literal(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&');
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

const IDENTITY_TIMEOUT_MS = 2_000;

/**
 * Makes sure that the keys of a prefix belong to one database only, whose identity is in `<prefix>:v2:database`. A
 * process that takes them over sweeps first, so that a kill in between leaves no orders of the other database.
 */
export class KeyOwner {
  readonly #space: KeySpace;
  readonly #database: CachedDatabase;
  #identity: string | undefined;

  constructor(space: KeySpace, database: CachedDatabase) {
    this.#space = space;
    this.#database = database;
  }

  /**
   * Takes the keys, unless they belong to another database that may still exist.
   * @throws CacheUnusable when they are not ours then
   */
  async claim(run: RedisRun): Promise<void> {
    const { identity, before } = await this.look(run);
    if (before === identity) return;
    await this.#space.sweep(run);
    if ((await this.#space.claim(run, identity, before)) !== identity) throw this.#belongElsewhere();
  }

  /** The owner of the keys, if that is us or we may take over. @throws CacheUnusable otherwise */
  async look(run: RedisRun): Promise<{ identity: string; before: string | undefined }> {
    const identity = await this.#known();
    const before = await this.#space.owner(run);
    if (before !== undefined && before !== identity && !(await this.#database.isGone(before)))
      throw this.#belongElsewhere();
    return { identity, before };
  }

  /** Why the keys must be claimed again: the database is another one now, or another owner has taken them. */
  async doubt(run: RedisRun): Promise<string | undefined> {
    if (this.#identity === undefined) return undefined;
    // While PostgreSQL is away, nothing changes there.
    const identity = await this.#database.identity().catch(() => this.#identity);
    if (identity !== this.#identity) {
      this.#identity = identity;
      return 'the database was created anew';
    }
    return (await this.#space.owner(run)) === identity ? undefined : 'its keys may belong to another database';
  }

  /** Asks PostgreSQL; while it is away, the last answer holds. */
  async #known(): Promise<string> {
    try {
      this.#identity = await within(IDENTITY_TIMEOUT_MS, this.#database.identity());
    } catch (error) {
      if (this.#identity === undefined) {
        const advice = 'check that PostgreSQL answers';
        throw new CacheUnusable('unverified', messageOf(error), { advice, cause: error });
      }
    }
    return this.#identity;
  }

  #belongElsewhere(): CacheUnusable {
    return new CacheUnusable('other_database', 'its keys belong to another database', {
      advice: `set another cache.keyPrefix, or, once nothing uses that database, delete ${this.#space.database}`,
    });
  }
}
