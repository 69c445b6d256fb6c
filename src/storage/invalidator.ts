import { messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { OrderCache } from './order-cache.ts';

/** The notes of changes, written with them in one transaction. */
export interface InvalidationNotes {
  list(limit: number, ageMs: number): Promise<readonly { id: string; orderUids: readonly string[] }[]>;
  remove(ids: readonly string[]): Promise<void>;
  removeOlderThan(ageMs: number): Promise<void>;
}

export interface InvalidatorOptions {
  /** Longest a cached order can outlive the transaction that changed it. */
  readonly cacheLifeMs: number;
  /** Time between two looks for notes nobody has dealt with. */
  readonly everyMs?: number;
  /** Age at which a note counts as such: its writer has most likely died, or can't reach the cache. */
  readonly overdueMs?: number;
}

const PAGE = 100;

/**
 * Tells the cache of changed orders, and removes the note of each change once the cache has forgotten the order. Notes that stay,
 * because their writer was killed between its commit and here or can't reach the cache, are dealt with by whoever sees them
 * first: every process looks, at its start and then about each second.
 */
export class Invalidator {
  readonly #cache: Pick<OrderCache, 'invalidate'>;
  readonly #notes: InvalidationNotes;
  readonly #options: InvalidatorOptions;
  readonly #logger: Logger;
  #done: string[] = [];
  readonly #telling = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #started: Promise<void> | undefined;
  /** The look under way. */
  #looking: Promise<void> | undefined;
  #removing: Promise<void> | undefined;
  #closing = false;
  #failing = false;

  constructor(
    cache: Pick<OrderCache, 'invalidate'>,
    notes: InvalidationNotes,
    options: InvalidatorOptions,
    logger: Logger,
  ) {
    this.#cache = cache;
    this.#notes = notes;
    this.#options = options;
    this.#logger = logger;
  }

  /** Deals with all notes there are, whoever wrote them, and goes on looking in the background. Never throws. */
  start(): Promise<void> {
    const { everyMs = 1_000, overdueMs = 1_000 } = this.#options;
    this.#started ??= this.#look(0);
    this.#timer ??= setInterval(() => this.#look(overdueMs), everyMs);
    return this.#started;
  }

  /** Call it after the commit; `note` names what was noted with it, if that is known. Never throws. */
  changed(uids: readonly string[], note?: string): Promise<void> {
    const telling = this.#tell(uids, note).finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
    return telling;
  }

  /**
   * Stops looking, and removes the notes of what was delivered; idempotent. A look under way is not waited for: the notes it does not
   * come to stay.
   */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing = true;
    await Promise.all(this.#telling);
    await this.#attempt(() => this.#removeDone());
  }

  async #tell(uids: readonly string[], note: string | undefined): Promise<void> {
    const forgotten = await this.#cache.invalidate(uids, 'changed');
    if (forgotten && note !== undefined) this.#done.push(note);
  }

  /** One look at a time: while the database is slow, the next begins only after this one has ended. */
  #look(ageMs: number): Promise<void> {
    this.#looking ??= this.#attempt(() => this.#replay(ageMs)).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #replay(ageMs: number): Promise<void> {
    await this.#removeDone();
    await this.#notes.removeOlderThan(this.#options.cacheLifeMs);
    while (!this.#closing) {
      const page = await this.#notes.list(PAGE, ageMs);
      if (page.length === 0) return;
      const forgotten = await this.#cache.invalidate(
        page.flatMap(({ orderUids }) => orderUids),
        'left_over',
      );
      // Kept in mind by the cache all the same, and not served by it in this process before they are out.
      if (!forgotten) return;
      await this.#notes.remove(page.map(({ id }) => id));
      this.#logger.info({ notes: page.length }, 'told the cache of changes that someone else left');
      if (page.length < PAGE) return;
    }
  }

  /** One removal at a time, so that whoever waits for one waits for all that was delivered before. */
  async #removeDone(): Promise<void> {
    while (this.#removing !== undefined) await this.#removing;
    if (this.#done.length === 0) return;
    this.#removing = this.#removeNotes().finally(() => {
      this.#removing = undefined;
    });
    await this.#removing;
  }

  async #removeNotes(): Promise<void> {
    const done = this.#done;
    this.#done = [];
    try {
      await this.#notes.remove(done);
    } catch (error) {
      // They are replayed otherwise, which does no harm.
      this.#done = done.concat(this.#done).slice(0, 10_000);
      throw error;
    }
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing && !this.#closing)
        this.#logger.warn({ error: messageOf(error) }, 'pending invalidations must wait');
      this.#failing = true;
    }
  }
}
