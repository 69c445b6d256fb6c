import type { Refusal } from '../../../kafka/send/produce-outcome.ts';
import type { Order } from '../../../order/order.ts';
import type { CacheTrouble } from '../../../storage/cache-trouble.ts';
import type { FoundOrder } from '../../../storage/order-store.ts';

export interface OrderLookup {
  /** The order, if this process itself keeps it. */
  kept(uid: string): FoundOrder | undefined;
  /** Finds one order; at once, without a promise, where it can. @throws AppError `database_unavailable` (retryable) when nobody can tell. */
  find(uid: string): FoundOrder | undefined | Promise<FoundOrder | undefined>;
}

export interface OrderToSend {
  readonly order: Order;
  /** Its JSON as the client sent it. */
  readonly value: Buffer;
}

interface Position {
  readonly partition: number;
  readonly offset: bigint;
}

/** Takes valid orders; resolves once Kafka has acknowledged them. @throws AppError `kafka_unavailable` (retryable), `kafka_refuses` when Kafka takes no orders from this service, `kafka_rejected` when it refuses this one */
export interface OrderIntake {
  /** `value` is the order's JSON as the client sent it, `traceparent` what the client said of its trace. */
  submit(order: Order, value: Buffer, traceparent?: string): Promise<Position>;
  /** By index; for an order that Kafka refuses for good, such as one that is too long for its topic, why. */
  submitMany(orders: readonly OrderToSend[]): Promise<readonly (Position | Refusal | undefined)[]>;
}

/** An order in Kafka. */
export interface SentOrder {
  readonly order: Order;
  readonly partition: number;
  readonly offset: bigint;
  /** Before it was sent, of `performance.now`. */
  readonly since: number;
}

/** `stored`: a lookup gives it. `superseded`: a later version of it is stored. `rejected`: the database refused it, it is a dead letter. */
export type Arrival = 'stored' | 'superseded' | 'rejected';

/** Waits for sent orders to be stored and readable. */
export interface OrderArrivals {
  /** Longest wait. */
  readonly maxWaitMs: number;
  /** As many wait as may. */
  readonly full: boolean;
  /** Undefined when it could not be seen to arrive in time. Never rejects. */
  wait(sent: SentOrder, ms: number, signal: AbortSignal): Promise<Arrival | undefined>;
}

/** A look at one engine. */
export interface Probe {
  readonly name: 'postgresql' | 'kafka' | 'redis';
  /** True when the service can't do its work without it. */
  readonly required: boolean;
  /** Resolves when the engine answers, with what it can't do all the same, if anything; any rejection means it does not answer. */
  check(): Promise<Ailment | undefined>;
}

/** Why an engine can't be used; `storing_waits`: orders wait to be stored. */
export type EngineTrouble = CacheTrouble | 'storing_waits';

/** What an engine that answers can't do. */
export interface Ailment {
  readonly trouble: EngineTrouble;
  /** In words, for the log. */
  readonly reason: string;
  /** This process has something to do without it, too. */
  readonly bearable: boolean;
}
