import { AsyncResource } from 'node:async_hooks';
import DataLoader from 'dataloader';
import { AppError } from '../lib/app-error.ts';
import { pause } from '../lib/backoff.ts';
import type { OrderStore } from './postgresql/order-store.ts';
import type { OrderCache } from './redis/order-cache.ts';
import type { FoundOrder, OrderDocument } from './stored-orders.ts';

export interface OrderReaderOptions {
  readonly store: Pick<OrderStore, 'findMany'>;
  /** Without it every lookup goes to the store. */
  readonly cache?: Pick<OrderCache, 'fromL1' | 'get' | 'fill'> | undefined;
  /** Most orders in one query. */
  readonly maxBatch?: number;
  /** Most queries at once; lookups that wait meanwhile share the next one. */
  readonly maxQueries?: number;
  /** Most lookups in progress; beyond them `find` fails at once. */
  readonly maxLookups?: number;
}

/** What the cache has for a uid: the order, a lease to fill it, or neither. */
interface CacheEntry {
  readonly document: OrderDocument | undefined;
  readonly lease: string | undefined;
  readonly held: boolean;
}

/** Pauses in ms while the holder of the lease reads the order from the database; then we read it, too. */
const HELD_PAUSES_MS = [3, 6, 12, 24];
/** No pause begins later than this after Redis's first answer. */
const HELD_PATIENCE_MS = 60;

interface Flight {
  readonly landing: Promise<FoundOrder | undefined>;
  departed: boolean;
  next?: Promise<FoundOrder | undefined>;
}

/**
 * Looks orders up: in L1, then in Redis, then in PostgreSQL with a fill. Lookups of one turn of the event loop go as
 * one batch, and each uid has one flight at a time: a lookup joins it before it departs, or waits for the next one, so
 * a lookup never returns what was read before it began. Of several processes that miss the same order, the one that
 * gets the lease reads it from PostgreSQL; the others wait a little for its fill.
 */
export class OrderReader {
  readonly #options: OrderReaderOptions;
  readonly #maxLookups: number;
  readonly #cached: DataLoader<string, CacheEntry>;
  readonly #reads: DataLoader<string, OrderDocument | undefined>;
  readonly #flights = new Map<string, Flight>();
  readonly #turnstile: Turnstile;
  #underWay = 0;

  constructor(options: OrderReaderOptions) {
    this.#options = options;
    this.#maxLookups = options.maxLookups ?? 20_000;
    this.#turnstile = new Turnstile(options.maxQueries ?? 4);
    const maxBatchSize = options.maxBatch ?? 500;
    this.#cached = new DataLoader((uids) => this.#askCache(uids), {
      cache: false,
      maxBatchSize,
      batchScheduleFn: (dispatch) => void setImmediate(dispatch),
    });
    this.#reads = new DataLoader((uids) => this.#read(uids), {
      cache: false,
      maxBatchSize,
      batchScheduleFn: (dispatch) => this.#turnstile.enter(dispatch),
    });
  }

  /**
   * The order, or undefined when it does not exist. Without a promise, at once, when L1 has it.
   * @throws AppError `database_unavailable` when Redis does not have it and PostgreSQL can't answer, or too many
   *   lookups wait
   */
  find(uid: string): FoundOrder | undefined | Promise<FoundOrder | undefined> {
    return this.kept(uid) ?? this.#look(uid);
  }

  /** The order, if L1 has it. */
  kept(uid: string): FoundOrder | undefined {
    return this.#options.cache?.fromL1(uid);
  }

  #look(uid: string): Promise<FoundOrder | undefined> {
    if (this.#underWay >= this.#maxLookups) {
      const message = 'too many lookups are waiting';
      return Promise.reject(new AppError('database_unavailable', message, { retryable: true }));
    }
    const flight = this.#flights.get(uid);
    if (flight === undefined) return this.#open(uid);
    this.#underWay++;
    return this.#join(uid, flight).finally(() => this.#underWay--);
  }

  #join(uid: string, flight: Flight): Promise<FoundOrder | undefined> {
    if (!flight.departed) return flight.landing;
    const again = () => this.#board(uid);
    flight.next ??= flight.landing.then(again, again);
    return flight.next;
  }

  /** A flight after another one, for lookups that came too late for that. */
  #board(uid: string): Promise<FoundOrder | undefined> {
    const flight = this.#flights.get(uid);
    return flight === undefined ? this.#open(uid) : this.#join(uid, flight);
  }

  #open(uid: string): Promise<FoundOrder | undefined> {
    this.#underWay++;
    // A flight does nothing before its first batch, so it is in the map before it ends.
    const landing = this.#fly(uid);
    this.#flights.set(uid, { landing, departed: false });
    return landing;
  }

  async #fly(uid: string): Promise<FoundOrder | undefined> {
    try {
      const { cache } = this.#options;
      if (cache === undefined) return inDatabase(await this.#reads.load(uid));
      let entry = await this.#cached.load(uid);
      const patience = performance.now() + HELD_PATIENCE_MS;
      for (const ms of HELD_PAUSES_MS) {
        // When Redis is slow, PostgreSQL is faster than more attempts.
        if (!entry.held || performance.now() > patience) break;
        await pause(ms);
        entry = await this.#cached.load(uid);
      }
      const { document, lease } = entry;
      if (document !== undefined) return { ...document, tier: 'redis' };
      return inDatabase(await this.#readAndFill(uid, lease, cache));
    } finally {
      this.#flights.delete(uid);
      this.#underWay--;
    }
  }

  async #readAndFill(
    uid: string,
    lease: string | undefined,
    cache: Pick<OrderCache, 'fill'>,
  ): Promise<OrderDocument | undefined> {
    let document: OrderDocument | undefined;
    try {
      document = await this.#reads.load(uid);
      return document;
    } finally {
      // Not awaited: a slow Redis must not delay the answer. `fill` never throws. What a standby says may be older than
      // the change that the cache was told of.
      if (lease !== undefined)
        void cache.fill([{ uid, document: document?.standby === true ? undefined : document, lease }]);
    }
  }

  async #askCache(uids: readonly string[]): Promise<CacheEntry[]> {
    this.#depart(uids);
    const answer = await this.#options.cache?.get(uids);
    return uids.map((uid) => ({
      document: answer?.found.get(uid),
      lease: answer?.leases.get(uid),
      held: answer?.held.has(uid) === true,
    }));
  }

  async #read(uids: readonly string[]): Promise<(OrderDocument | undefined)[]> {
    this.#depart(uids);
    try {
      const orders = await this.#options.store.findMany(uids);
      return uids.map((uid) => orders.get(uid));
    } finally {
      this.#turnstile.leave();
    }
  }

  #depart(uids: readonly string[]): void {
    for (const uid of uids) {
      const flight = this.#flights.get(uid);
      if (flight !== undefined) flight.departed = true;
    }
  }
}

function inDatabase(document: OrderDocument | undefined): FoundOrder | undefined {
  return document && { ...document, tier: 'postgresql' };
}

/** Admits `limit` at once, each in a later turn of the event loop, and the others in the order of their arrival. */
class Turnstile {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  enter(go: () => void): void {
    if (this.#free === 0) {
      // Who makes room for it has nothing to do with it, so it keeps the context (of traces) that it came in.
      this.#waiting.push(AsyncResource.bind(go));
      return;
    }
    this.#free--;
    setImmediate(go);
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else setImmediate(next);
  }
}
