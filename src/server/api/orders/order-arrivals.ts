import { messageOf } from '../../../lib/app-error.ts';
import { pause } from '../../../lib/backoff.ts';
import type { Order } from '../../../order/order.ts';
import { firstDifference } from '../../../order/version.ts';
import type { OrderDocument, PartitionProgress } from '../../../storage/stored-orders.ts';
import type { Logger } from '../../../telemetry/logger.ts';

/** An order in Kafka. */
export interface SentOrder {
  readonly order: Order;
  readonly partition: number;
  readonly offset: bigint;
  /** When sending began, of `performance.now`. */
  readonly since: number;
}

/**
 * `stored`: a lookup finds it. `superseded`: a later version of it is stored. `rejected`: the database refused it, it
 * is a dead letter.
 */
export type Arrival = 'stored' | 'superseded' | 'rejected';

export interface ArrivalPorts {
  /** How far each partition is stored, and since when. @throws AppError `database_unavailable` */
  progress(): Promise<ReadonlyMap<number, PartitionProgress>>;
  /** Past every cache. @throws AppError `database_unavailable` */
  findMany(uids: readonly string[]): Promise<ReadonlyMap<string, OrderDocument>>;
  /** Resolves once lookups give what is stored now; never rejects. */
  forget(uids: readonly string[]): Promise<unknown>;
  readonly logger: Logger;
}

export interface ArrivalOptions {
  /** Longest wait. */
  readonly maxWaitMs: number;
  /** Most orders that are waited for at once. */
  readonly maxWaiting?: number;
}

interface Waiter extends SentOrder {
  readonly began: number;
  readonly settle: (arrival: Arrival | undefined) => void;
}

const BATCH = 500;
const FAILED_PAUSE_MS = 100;

/**
 * Waits until orders that were sent to Kafka are stored in PostgreSQL, whichever process stores them. One small query
 * at a time serves all waiters: it reads how far each partition is stored, at first several times within the shortest
 * time an order can take, then less often as the youngest order grows older. Without waiters there are no queries.
 */
export class PolledArrivals {
  /** Longest wait. */
  readonly maxWaitMs: number;
  readonly #ports: ArrivalPorts;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Waiter>();
  #polling = false;
  #hurry = new AbortController();

  constructor(ports: ArrivalPorts, options: ArrivalOptions) {
    this.#ports = ports;
    this.maxWaitMs = options.maxWaitMs;
    this.#maxWaiting = options.maxWaiting ?? 10_000;
  }

  /** True when no more orders can be waited for. */
  get full(): boolean {
    return this.#waiting.size >= this.#maxWaiting;
  }

  /** Undefined when the order was not seen to arrive in time. Never rejects. */
  wait(sent: SentOrder, ms: number, signal: AbortSignal): Promise<Arrival | undefined> {
    // The broker remembers the message but not its offset.
    if (this.full || ms <= 0 || signal.aborted || sent.offset < 0n) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<Arrival | undefined>();
    const giveUp = (): void => waiter.settle(undefined);
    const timer = setTimeout(giveUp, ms);
    const waiter: Waiter = {
      ...sent,
      began: performance.now(),
      settle: (arrival) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(waiter);
        resolve(arrival);
      },
    };
    signal.addEventListener('abort', giveUp);
    this.#waiting.add(waiter);
    this.#hurry.abort();
    if (!this.#polling) void this.#poll();
    return promise;
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    while (this.#waiting.size > 0) {
      this.#hurry = new AbortController();
      try {
        const progress = await this.#ports.progress();
        const passed = [...this.#waiting].filter((one) => hasPassed(one, progress.get(one.partition)));
        for (let at = 0; at < passed.length; at += BATCH) await this.#judge(passed.slice(at, at + BATCH));
        await pause(this.#pauseMs(), this.#hurry.signal);
      } catch (error) {
        this.#ports.logger.debug({ reason: messageOf(error) }, 'can’t check whether orders have arrived');
        await pause(FAILED_PAUSE_MS);
      }
    }
    this.#polling = false;
  }

  /** By the age of the youngest order: without lag one takes some 5 to 20 ms. */
  #pauseMs(): number {
    let youngest = Number.NEGATIVE_INFINITY;
    for (const { began } of this.#waiting) youngest = Math.max(youngest, began);
    const age = performance.now() - youngest;
    return age < 250 ? 3 : age < 2_000 ? 15 : 100;
  }

  async #judge(passed: readonly Waiter[]): Promise<void> {
    const uids = [...new Set(passed.map(({ order }) => order.order_uid))];
    const stored = await this.#ports.findMany(uids);
    const judged = passed.map((one) => ({ one, arrival: arrivalOf(one, stored.get(one.order.order_uid)) }));
    // A lookup right after must not get an older one from a cache.
    await this.#ports.forget(uids);
    for (const { one, arrival } of judged) one.settle(arrival);
  }
}

/** Progress made before the message was sent belongs to an earlier topic of the same name. */
function hasPassed({ offset, since }: SentOrder, progress: PartitionProgress | undefined): boolean {
  if (progress === undefined || offset >= progress.next) return false;
  return progress.ageMs <= performance.now() - since;
}

/** What became of a message that the consumer has passed, by what is stored under its order_uid. */
function arrivalOf({ order, partition, offset, since }: SentOrder, stored: OrderDocument | undefined): Arrival {
  if (stored === undefined) return 'rejected';
  const { origin } = stored;
  if (origin.partition === partition && origin.offset === offset) return 'stored';
  const text = Buffer.from(stored.body).toString();
  const other: Order = JSON.parse(text);
  // An identical order changes nothing, so the stored one keeps its place.
  if (firstDifference(order, other) === undefined) return 'stored';
  const later =
    origin.partition === partition
      ? origin.offset > offset
      : origin.producedAt >= Math.floor(performance.timeOrigin + since);
  return later ? 'superseded' : 'rejected';
}
