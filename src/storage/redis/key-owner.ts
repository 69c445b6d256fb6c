import { messageOf } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import { type CachedDatabase, CacheUnusable } from '../cache-trouble.ts';
import type { RedisRun } from './client.ts';
import type { KeySpace } from './key-space.ts';

const IDENTITY_TIMEOUT_MS = 2_000;

/**
 * Sees to it that the keys of a prefix are those of one database only, whose identity `<prefix>:v2:database` holds. Whoever takes
 * them over sweeps first, so that one who is killed in between leaves nothing behind that would be taken for his.
 */
export class KeyOwner {
  readonly #space: KeySpace;
  readonly #database: CachedDatabase;
  #identity: string | undefined;

  constructor(space: KeySpace, database: CachedDatabase) {
    this.#space = space;
    this.#database = database;
  }

  /** Takes the keys, unless another database has them that may still be there. @throws CacheUnusable when they are not ours then */
  async claim(run: RedisRun): Promise<void> {
    const { identity, before } = await this.look(run);
    if (before === identity) return;
    await this.#space.sweep(run);
    if ((await this.#space.claim(run, identity, before)) !== identity) throw this.#belongElsewhere();
  }

  /** Whether the keys are ours, or could be. @throws CacheUnusable when they can't */
  async look(run: RedisRun): Promise<{ identity: string; before: string | undefined }> {
    const identity = await this.#known();
    const before = await this.#space.owner(run);
    if (before !== undefined && before !== identity && !(await this.#database.isGone(before)))
      throw this.#belongElsewhere();
    return { identity, before };
  }

  /** Why the keys must be claimed anew: the database is another one by now, or they have got into other hands. */
  async doubt(run: RedisRun): Promise<string | undefined> {
    if (this.#identity === undefined) return undefined;
    // While PostgreSQL is away nothing changes there.
    const identity = await this.#database.identity().catch(() => this.#identity);
    if (identity !== this.#identity) {
      this.#identity = identity;
      return 'the database was made anew';
    }
    return (await this.#space.owner(run)) === identity
      ? undefined
      : 'its keys may be those of another database';
  }

  /** Asked anew, unless PostgreSQL is away: then what it was is what it still is. */
  async #known(): Promise<string> {
    try {
      this.#identity = await within(IDENTITY_TIMEOUT_MS, this.#database.identity());
    } catch (error) {
      if (this.#identity === undefined) throw new CacheUnusable('unverified', messageOf(error), error);
    }
    return this.#identity;
  }

  #belongElsewhere(): CacheUnusable {
    return new CacheUnusable(
      'other_database',
      'the keys there are those of another database: set another cache.keyPrefix, or, once nothing uses that database, ' +
        `delete ${this.#space.database}`,
    );
  }
}
