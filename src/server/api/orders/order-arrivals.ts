import { messageOf } from '../../../lib/app-error.ts';
import { pause } from '../../../lib/backoff.ts';
import type { Order } from '../../../order/order.ts';
import { firstDifference } from '../../../order/same-order.ts';
import type { OrderDocument } from '../../../storage/order-store.ts';
import type { PartitionProgress } from '../../../storage/partition-progress.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import type { Arrival, OrderArrivals, SentOrder } from './dependencies.ts';

/** What tells of arrivals. */
export interface ArrivalPorts {
  /** How far each partition has come, and when it came there. @throws AppError `database_unavailable` */
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
 * Waits for orders that were sent, on their way through Kafka to PostgreSQL, whichever process stores them. One small query at a time serves
 * all who wait: it reads how far each partition has been stored, a few times in the time that takes at best, and less and less often
 * while nothing younger is waited for. Nothing is asked while nobody waits.
 */
export class PolledArrivals implements OrderArrivals {
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

  get full(): boolean {
    return this.#waiting.size >= this.#maxWaiting;
  }

  wait(sent: SentOrder, ms: number, signal: AbortSignal): Promise<Arrival | undefined> {
    // The broker remembers the message but not where it is.
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
        this.#ports.logger.debug({ reason: messageOf(error) }, 'orders on their way can’t be seen to arrive');
        await pause(FAILED_PAUSE_MS);
      }
    }
    this.#polling = false;
  }

  /** By the age of the youngest: an order takes some 5 to 20 ms where nothing lags. */
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

/** A partition that came so far before the message was sent is one of an earlier topic of the same name. */
function hasPassed({ offset, since }: SentOrder, progress: PartitionProgress | undefined): boolean {
  if (progress === undefined || offset >= progress.next) return false;
  return progress.ageMs <= performance.now() - since;
}

/** What became of a message that the consumer is past, by what is stored under its order_uid. */
function arrivalOf(
  { order, partition, offset, since }: SentOrder,
  stored: OrderDocument | undefined,
): Arrival {
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
