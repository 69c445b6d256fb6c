import { FAULT_REASONS, type FaultName, type FaultRates, type SpoilingFault } from '../contract/generator.ts';
import type { RejectionReason } from '../order/rejection.ts';
import { FaultPlan, spoil } from './faults.ts';
import { createdAtMs, orderAt, orderBytes } from './generator.ts';
import { orderUid } from './order-uid.ts';

/** What sets a message apart from a plain order. */
export interface FaultNote {
  readonly index: number;
  /** Position in the sequence of messages sent, from 0. */
  readonly seq: number;
  /** The message's key; of a duplicate or changed message that of the order it repeats. */
  readonly orderUid: string;
  readonly fault: FaultName;
  /** The dead-letter reason this must lead to; null for a good order. */
  readonly expectedReason: RejectionReason | null;
}

/** A message to send. */
export interface SourceMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Undefined for a plain order. */
  readonly note: FaultNote | undefined;
}

/** Where a producer gets its messages from. */
export interface MessageSource {
  /** The next messages, at most `max`; none when there are no more. */
  take(max: number): readonly SourceMessage[] | Promise<readonly SourceMessage[]>;
  /** How many bad ones were skipped so far. */
  readonly skipped: number;
}

export interface SourceOptions {
  /** 0..2³²−1. */
  readonly seed: number;
  /** First index; 0. */
  readonly start?: number;
  /** How many indexes, and so messages; endless when undefined. */
  readonly count?: number | undefined;
  readonly faults?: FaultRates;
  /** A clock (ms): orders are dated when they are taken. Without it dates depend on the index alone. */
  readonly now?: (() => number) | undefined;
}

interface Held {
  readonly message: SourceMessage;
  readonly releaseAt: number;
}

const UID_AT = '{"order_uid":"'.length;
const UID_LENGTH = 19;
const MEMORY = 256;

/** Generated orders, faults included. Message `index` of a seed never differs, except in a live source's dates. */
export function createSource(options: SourceOptions): GeneratedSource {
  return new GeneratedSource(options);
}

export class GeneratedSource implements MessageSource {
  readonly skipped = 0;
  readonly #seed: number;
  readonly #start: number;
  readonly #end: number;
  #plan: FaultPlan | undefined;
  readonly #now: (() => number) | undefined;
  /** Dates of the last live orders: a duplicate repeats them. */
  readonly #dates = new Float64Array(MEMORY);
  readonly #held: Held[] = [];
  #index: number;
  #seq = 0;

  constructor(options: SourceOptions) {
    this.#seed = options.seed;
    this.#start = options.start ?? 0;
    this.#index = this.#start;
    this.#end = options.count === undefined ? Number.POSITIVE_INFINITY : this.#start + options.count;
    this.#now = options.now;
    if (options.faults !== undefined) this.setFaults(options.faults);
  }

  /** Index of the next order. */
  get nextIndex(): number {
    return this.#index;
  }

  /** Replaces the faults, from the next index on. */
  setFaults(faults: FaultRates): void {
    this.#plan = faults.size === 0 ? undefined : new FaultPlan(this.#seed, faults);
  }

  /** A source that continues where this one is, without affecting it. */
  fork(): GeneratedSource {
    const fork = new GeneratedSource({ seed: this.#seed, start: this.#start, now: this.#now });
    fork.#plan = this.#plan;
    fork.#dates.set(this.#dates);
    fork.#held.push(...this.#held);
    fork.#index = this.#index;
    fork.#seq = this.#seq;
    return fork;
  }

  /** The order of the next index, plain or spoiled as asked, whatever the plan says. */
  takeOne(fault?: SpoilingFault): SourceMessage {
    const index = this.#index;
    this.#index += 1;
    const seq = this.#seq;
    this.#seq += 1;
    const created = this.#dateOf(index);
    if (fault === undefined) return this.#plain(index, created);
    const message = this.#spoiled(fault, index, created, this.#plan?.varietyAt(index) ?? 0);
    return { ...message, note: { ...this.#note(index, index, fault), seq } };
  }

  take(max: number): readonly SourceMessage[] {
    const messages: SourceMessage[] = [];
    while (messages.length < max) {
      const message = this.#next();
      if (message === undefined) break;
      const { key, value, note } = message;
      messages.push(note === undefined ? message : { key, value, note: { ...note, seq: this.#seq } });
      this.#seq += 1;
    }
    return messages;
  }

  #next(): SourceMessage | undefined {
    for (;;) {
      const ended = this.#index >= this.#end;
      const due = this.#held.findIndex((held) => ended || held.releaseAt <= this.#index);
      if (due >= 0) return this.#held.splice(due, 1)[0]?.message;
      if (ended) return undefined;
      const index = this.#index;
      this.#index += 1;
      const created = this.#dateOf(index);
      const fault = this.#plan?.faultAt(index);
      if (this.#plan === undefined || fault === undefined) return this.#plain(index, created);
      if (fault !== 'out_of_order') return this.#faulty(this.#plan, fault, index, created);
      const { key, value } = this.#plain(index, created);
      const message = { key, value, note: this.#note(index, index, fault) };
      this.#held.push({ message, releaseAt: index + this.#plan.delayAt(index) + 1 });
    }
  }

  #dateOf(index: number): number {
    const created = this.#now === undefined ? createdAtMs(index) : Math.floor(this.#now());
    this.#dates[index % MEMORY] = created;
    return created;
  }

  #plain(index: number, created: number, revision = 0): SourceMessage {
    const value = orderBytes({ seed: this.#seed, index, createdAtMs: created, revision });
    return { key: value.subarray(UID_AT, UID_AT + UID_LENGTH), value, note: undefined };
  }

  #faulty(plan: FaultPlan, fault: Exclude<FaultName, 'out_of_order'>, index: number, created: number): SourceMessage {
    if (fault === 'duplicate' || fault === 'changed') {
      const target = plan.targetOf(index, fault, this.#start);
      if (target === undefined) return this.#plain(index, created);
      const date = this.#dates[target % MEMORY] ?? created;
      const { key, value } = this.#plain(target, date, fault === 'changed' ? index + 1 : 0);
      return { key, value, note: this.#note(index, target, fault) };
    }
    return this.#spoiled(fault, index, created, plan.varietyAt(index));
  }

  #spoiled(fault: SpoilingFault, index: number, created: number, variety: number): SourceMessage {
    const order = orderAt({ seed: this.#seed, index, createdAtMs: created });
    return {
      key: Buffer.from(order.order_uid),
      value: spoil(fault, order, variety),
      note: this.#note(index, index, fault),
    };
  }

  #note(index: number, target: number, fault: FaultName): FaultNote {
    const uid = orderUid(this.#seed, target);
    return { index, seq: 0, orderUid: uid, fault, expectedReason: FAULT_REASONS[fault] };
  }
}
