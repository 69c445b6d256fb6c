import { ErrorReply } from 'redis';
import type { RedisRun } from './client.ts';

/** The keys of one prefix: `<prefix>:v1:order:<uid>` and `<prefix>:v1:run-id`. */
export class KeySpace {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `${prefix}:v1:`;
  }

  /** Key of an order, or of the lease to fill it. */
  order(uid: string): string {
    return `${this.#prefix}order:${uid}`;
  }

  /** The server's run_id, or undefined when it is the one noted in the key space, or the server does not tell. */
  async changedRunId(run: RedisRun): Promise<string | undefined> {
    try {
      const info = await run((redis) => redis.info('server'));
      const runId = /^run_id:(\w+)/m.exec(info)?.[1];
      const noted = await run((redis) => redis.get(this.#runIdKey));
      return runId === noted ? undefined : runId;
    } catch (error) {
      // Hosted servers may forbid INFO.
      if (error instanceof ErrorReply) return undefined;
      throw error;
    }
  }

  /** Notes that no key here is older than this run of the server. */
  async noteRunId(run: RedisRun, runId: string): Promise<void> {
    await run((redis) => redis.set(this.#runIdKey, runId));
  }

  /**
   * Deletes every order and lease there is at its beginning, and says how many: SCAN returns each key that stays from its
   * beginning to its end.
   */
  async sweep(run: RedisRun): Promise<number> {
    const pattern = `${this.#prefix.replace(/[\\*?[\]^-]/g, '\\$&')}order:*`;
    let cursor = '0';
    let keys = 0;
    do {
      const page = await run((redis) => redis.scan(cursor, { MATCH: pattern, COUNT: 1000 }));
      await run((redis) => Promise.all(page.keys.map((key) => redis.unlink(key))));
      cursor = page.cursor;
      keys += page.keys.length;
    } while (cursor !== '0');
    return keys;
  }

  get #runIdKey(): string {
    return `${this.#prefix}run-id`;
  }
}
