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
  #work: Promise<void> = Promise.resolve();
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
    this.#timer ??= setInterval(() => this.#next(overdueMs), everyMs);
    this.#started ??= this.#next(0);
    return this.#started;
  }

  /** Call it after the commit; `note` names what was noted with it, if that is known. Never throws. */
  changed(uids: readonly string[], note?: string): Promise<void> {
    const telling = this.#tell(uids, note).finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
    return telling;
  }

  /** Removes the notes of what was delivered, and stops looking; idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#work, ...this.#telling]);
    await this.#attempt(() => this.#removeDone());
  }

  async #tell(uids: readonly string[], note: string | undefined): Promise<void> {
    const forgotten = await this.#cache.invalidate(uids, 'changed');
    if (forgotten && note !== undefined) this.#done.push(note);
  }

  #next(ageMs: number): Promise<void> {
    this.#work = this.#work.then(() => this.#attempt(() => this.#replay(ageMs)));
    return this.#work;
  }

  async #replay(ageMs: number): Promise<void> {
    await this.#removeDone();
    await this.#notes.removeOlderThan(this.#options.cacheLifeMs);
    for (;;) {
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

  async #removeDone(): Promise<void> {
    if (this.#done.length === 0) return;
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
      if (!this.#failing) this.#logger.warn({ error: messageOf(error) }, 'pending invalidations must wait');
      this.#failing = true;
    }
  }
}
