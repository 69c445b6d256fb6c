import { messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { OrderCache } from './redis/order-cache.ts';

/** The notes of changes, each written in the transaction of its change. */
export interface InvalidationNotes {
  list(limit: number, ageMs: number): Promise<readonly { id: string; orderUids: readonly string[] }[]>;
  remove(ids: readonly string[]): Promise<void>;
  removeOlderThan(ageMs: number): Promise<void>;
}

export interface InvalidatorOptions {
  /** Longest time that a cached order can outlive the transaction that changed it. */
  readonly cacheLifeMs: number;
  /** Time between two looks for overdue notes. */
  readonly everyMs?: number;
  /** Age at which a note is overdue: its writer has most likely died, or can't reach the cache. */
  readonly overdueMs?: number;
}

const PAGE = 100;

/**
 * Invalidates changed orders in the cache, and removes the note of each change once the cache has forgotten the order.
 * A note stays when its writer was killed after the commit or can't reach the cache; then the first process that sees
 * it takes over. Every process looks for such notes at its start, and then about every second.
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
  /** The look in progress. */
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

  /** Handles all notes, whoever wrote them, and goes on looking in the background. Never throws. */
  start(): Promise<void> {
    const { everyMs = 1_000, overdueMs = 1_000 } = this.#options;
    this.#started ??= this.#look(0);
    this.#timer ??= setInterval(() => this.#look(overdueMs), everyMs);
    return this.#started;
  }

  /** Call it after the commit; `note` is the id of its note, if known. Never throws. */
  changed(uids: readonly string[], note?: string): Promise<void> {
    const telling = this.#tell(uids, note).finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
    return telling;
  }

  /** Stops looking, and removes the notes of what was delivered; idempotent. Does not wait for a look in progress. */
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

  /** One look at a time, however slow the database is. */
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
      // The cache remembers them, and this process does not use it before they are delivered.
      if (!forgotten) return;
      await this.#notes.remove(page.map(({ id }) => id));
      // Also those of a process that is about to remove them: that is no news.
      this.#logger.debug({ notes: page.length }, 'invalidated changes that another process left');
      if (page.length < PAGE) return;
    }
  }

  /** One removal at a time: to wait for it is to wait for everything that was delivered before. */
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
      // Those past the limit are replayed, which does no harm.
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
        this.#logger.warn({ error: messageOf(error) }, 'pending invalidations have to wait');
      this.#failing = true;
    }
  }
}
