import { ORDER_STATES, orderState } from '../../src/order/states.ts';
import { type ApiServices, apiEndpoints } from '../../src/server/api/api.ts';
import type { Arrival } from '../../src/server/api/orders/order-arrivals.ts';
import { createReadiness, type Probe } from '../../src/server/api/service/readiness.ts';
import { type AppOptions, createApp } from '../../src/server/app.ts';
import { answer } from '../../src/server/http/handler.ts';
import type { WebClient } from '../../src/server/web/web.ts';
import type {
  FoundOrder,
  ListPage,
  ListPosition,
  ListRequest,
  OrderSummary,
  Tier,
} from '../../src/storage/stored-orders.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { checkReply } from './check-reply.ts';
import { FakeDeadLetters } from './fake-dead-letters.ts';
import { fakeOperations } from './fake-operations.ts';
import { documentOf, type StoredOrder } from './stored-order.ts';

/** The application over an order book in memory; every engine can be broken. */
export class FakeBackend {
  readonly rows = new Map<string, StoredOrder>();
  readonly sent: { readonly uid: string; readonly value: Buffer }[] = [];
  tier: Tier = 'postgresql';
  /** What lookups and lists throw. */
  databaseFailure: Error | undefined;
  /** What sending throws. */
  kafkaFailure: Error | undefined;
  /** What becomes of every order that is waited for. */
  arrival: Arrival | undefined;
  waitersFull = false;
  /** Awaited by every lookup. */
  gate: Promise<void> = Promise.resolve();
  readonly down = new Set<Probe['name']>();
  readonly deadLetters = new FakeDeadLetters();

  add(...orders: StoredOrder[]): this {
    for (const one of orders) this.rows.set(one.order.order_uid, one);
    return this;
  }

  /** The options of an application bound to the loopback; `changes` replace some. */
  options(changes: Partial<AppOptions & ApiServices> = {}): AppOptions {
    const services = { ...this.#services(), ...changes };
    return {
      host: '127.0.0.1',
      token: '',
      maxBodyBytes: 10_000,
      maxConcurrentRequests: 1_000,
      requestTimeoutMs: 1_000,
      endpoints: apiEndpoints(services),
      web: emptyWebClient,
      logger: silentLogger,
      inspect: checkReply,
      ...changes,
    };
  }

  app(changes: Partial<AppOptions & ApiServices> = {}) {
    const app = createApp(this.options(changes));
    /** Asks the application without a socket. */
    const request = (url: string, init?: RequestInit) =>
      answer(app, new Request(new URL(url, 'http://localhost'), init));
    return { ...app, request };
  }

  #found(uid: string): FoundOrder | undefined {
    const stored = this.rows.get(uid);
    return stored && { ...documentOf(stored), tier: this.tier };
  }

  #services(): ApiServices {
    const probe = (name: Probe['name'], required: boolean): Probe => ({
      name,
      required,
      check: async () => {
        if (this.down.has(name)) throw new Error(`secret of ${name}`);
      },
    });
    return {
      deadLetters: this.deadLetters,
      maxOrderBytes: 8_000,
      lookup: {
        kept: (uid) => (this.tier === 'l1' ? this.#found(uid) : undefined),
        find: async (uid) => {
          await this.gate;
          if (this.databaseFailure !== undefined) throw this.databaseFailure;
          return this.#found(uid);
        },
      },
      listing: {
        summaries: async (request) => this.#page(request, summaryOf),
        texts: async (request) => this.#page(request, ({ order }) => JSON.stringify(order)),
      },
      trails: {
        find: async (uid) => {
          const origin = this.rows.get(uid)?.origin;
          if (origin === undefined) return undefined;
          const at = (ms: number): string => new Date(ms).toISOString();
          return {
            topic: origin.topic,
            partition: origin.partition,
            // The journey's is a number, so it is one that a number can hold.
            offset: Math.min(Number(origin.offset), Number.MAX_SAFE_INTEGER),
            createdAt: at(origin.producedAt),
            producedAt: at(origin.producedAt),
            beganAt: at(origin.storedAt),
            committedAt: at(origin.storedAt + 7),
          };
        },
      },
      states: {
        figures: async () => ({
          counts: new Map(ORDER_STATES.map((state, at) => [state, at])),
          unknown: 1,
          countedAgeMs: 7_000,
        }),
      },
      intake: {
        submit: async (order, value) => {
          if (this.kafkaFailure !== undefined) throw this.kafkaFailure;
          this.sent.push({ uid: order.order_uid, value });
          return { partition: 4, offset: 9_007_199_254_740_991n };
        },
        submitMany: async (orders) => {
          if (this.kafkaFailure !== undefined) throw this.kafkaFailure;
          for (const { order, value } of orders) this.sent.push({ uid: order.order_uid, value });
          return orders.map((_, at) => ({ partition: 4, offset: BigInt(at) }));
        },
      },
      arrivals: { maxWaitMs: 900, full: this.waitersFull, wait: async () => this.arrival },
      readiness: createReadiness(
        [probe('postgresql', true), probe('kafka', false), probe('redis', false)],
        silentLogger,
        { keepMs: 0 },
      ),
      operations: fakeOperations(),
      logger: silentLogger,
    };
  }

  /** Newest first, without a filter; positions are those of the real list. */
  #page<T>({ after, limit }: ListRequest, make: (stored: StoredOrder) => T): ListPage<T> {
    if (this.databaseFailure !== undefined) throw this.databaseFailure;
    const micros = ({ origin }: StoredOrder) => BigInt(origin.storedAt) * 1000n;
    const rest = [...this.rows.values()]
      .filter((one) => after === undefined || micros(one) < after.storedAt)
      .sort((a, b) => b.origin.storedAt - a.origin.storedAt);
    const last = rest[limit - 1];
    const next = last && rest.length > limit ? positionOf(last, micros(last)) : undefined;
    return { orders: rest.slice(0, limit).map(make), next };
  }
}

function positionOf({ order, origin }: StoredOrder, storedAt: bigint): ListPosition {
  return { storedAt, offset: origin.offset, uid: order.order_uid };
}

function summaryOf({ order, origin }: StoredOrder): OrderSummary {
  return {
    order_uid: order.order_uid,
    track_number: order.track_number,
    customer_id: order.customer_id,
    delivery_name: order.delivery.name,
    delivery_city: order.delivery.city,
    amount: order.payment.amount,
    currency: order.payment.currency,
    items: order.items.length,
    state: orderState(order.items.map(({ status }) => status)),
    date_created: order.date_created,
    stored_at: new Date(origin.storedAt).toISOString(),
  };
}

const page = {
  body: new TextEncoder().encode('<!doctype html>'),
  contentType: 'text/html;charset=utf-8',
  etag: '"p"',
};
const script = { body: new TextEncoder().encode('1'), contentType: 'text/javascript', etag: '"s"' };
const emptyWebClient: WebClient = { page, docs: page, files: new Map([['/assets/app-1.js', script]]) };
