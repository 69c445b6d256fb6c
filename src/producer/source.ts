import { FAULT_REASONS, type FaultName, type SpoilingFault } from '../contract/generator.ts';
import { AppError } from '../lib/app-error.ts';
import { FaultPlan, type Faults, spansOf, spoil } from './faults.ts';
import { createdAtMs, orderAt, orderBytes } from './generator.ts';
import type { Life, LifeOptions } from './life.ts';
import { type DrawStep, Lives } from './lives.ts';
import type { FaultNote, MessageSource, SourceMessage } from './message-source.ts';
import { orderUid } from './order-uid.ts';
import type { Timeline } from './schedule.ts';

export interface SourceOptions {
  /** 0..2³²−1. */
  readonly seed: number;
  /** First index; 0. */
  readonly start?: number;
  /** How many indexes, and so messages, apart from those that lives add; endless when undefined. */
  readonly count?: number | undefined;
  readonly faults?: Faults;
  /** A clock (ms): orders are dated when they are taken. Without it dates depend on the index alone. */
  readonly now?: (() => number) | undefined;
  /** Each order is sent at every step of its life. Without it orders are sent once, with statuses at random. */
  readonly lives?: LifeOptions | undefined;
  /** With `lives`: orders before `start` live on, as if this run had begun with the first one. */
  readonly resumed?: boolean;
}

interface Held {
  readonly index: number;
  readonly created: number;
  readonly note: FaultNote;
  readonly releaseAt: number;
}

const UID_AT = '{"order_uid":"'.length;
const UID_LENGTH = 19;
const MEMORY = 256;
/** Without a schedule orders are due so far apart, as they are dated. */
const APART_MS = 1_000;
/** Most orders before the first one whose lives are looked at, which takes some seconds. */
const MOST_RESUMED = 5_000_000;

/**
 * Generated orders, faults and lives included. Message `index` of a seed never differs, except in a live source's dates.
 * With lives the messages are the births of orders and the steps of those that live, in the order of their times, which
 * depend on seed, index and schedule alone.
 */
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
  /** Dates of the last orders, which a duplicate repeats, and when they were sent; NaN when that is not known. */
  readonly #dates = new Float64Array(MEMORY);
  readonly #bornAtMs = new Float64Array(MEMORY);
  readonly #held: Held[] = [];
  #lives: Lives | undefined;
  #lifeOptions: LifeOptions | undefined;
  /** Lives of orders before the start are still to be resumed. */
  #resumes: boolean;
  /** The first order that others may repeat. */
  #first: number;
  #index: number;
  #births = 0;
  #seq = 0;
  #timeMs = 0;

  constructor(options: SourceOptions) {
    this.#seed = options.seed;
    this.#start = options.start ?? 0;
    this.#index = this.#start;
    this.#end = options.count === undefined ? Number.POSITIVE_INFINITY : this.#start + options.count;
    this.#now = options.now;
    this.#resumes = options.lives !== undefined && options.resumed === true && this.#start > 0;
    this.#first = this.#resumes ? 0 : this.#start;
    this.setLives(options.lives);
    if (options.faults !== undefined) this.setFaults(options.faults);
  }

  /** Index of the next order. */
  get nextIndex(): number {
    return this.#index;
  }

  /** The time of the last message in the timeline, ms. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** Orders whose life goes on. */
  get open(): number {
    return this.#lives?.open ?? 0;
  }

  /** Sends orders once from now on, and no more of those that live; or draws how lives go on in another way. */
  setLives(options: LifeOptions | undefined): void {
    if (options === undefined) this.#lives = undefined;
    else if (this.#lives === undefined) this.#lives = new Lives(this.#seed, options);
    else this.#lives.setOptions(options);
    this.#lifeOptions = options;
    // Where the orders sent so far are in their lives can't be worked out any more.
    if (this.#index > this.#start) this.#bornAtMs.fill(Number.NaN);
  }

  /** Replaces the faults, from the next index on. */
  setFaults(faults: Faults): void {
    this.#plan = spansOf(faults).every(({ rates }) => rates.size === 0) ? undefined : new FaultPlan(this.#seed, faults);
  }

  /** A source that continues where this one is, without affecting it. */
  fork(): GeneratedSource {
    const fork = new GeneratedSource({ seed: this.#seed, start: this.#start, now: this.#now });
    fork.#plan = this.#plan;
    fork.#dates.set(this.#dates);
    fork.#bornAtMs.set(this.#bornAtMs);
    fork.#held.push(...this.#held);
    fork.#lifeOptions = this.#lifeOptions;
    fork.#lives = this.#lifeOptions && this.#lives?.copy(this.#lifeOptions);
    fork.#resumes = this.#resumes;
    fork.#first = this.#first;
    fork.#index = this.#index;
    fork.#births = this.#births;
    fork.#seq = this.#seq;
    fork.#timeMs = this.#timeMs;
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

  take(max: number, timeline?: Timeline): readonly SourceMessage[] {
    if (this.#resumes) this.#resume(timeline ?? this.#ownTimeline());
    const messages: SourceMessage[] = [];
    const times = timeline ?? (this.#lives && this.#ownTimeline());
    const before = this.#births;
    while (messages.length < max) {
      const message = times === undefined ? this.#next() : this.#nextDue(times, this.#births - before);
      if (message === undefined) break;
      const { note } = message;
      messages.push(note === undefined ? message : { ...message, note: { ...note, seq: this.#seq } });
      this.#seq += 1;
    }
    return messages;
  }

  nextAtMs(timeline: Timeline = this.#ownTimeline()): number {
    if (this.#resumes) this.#resume(timeline);
    return Math.min(this.#birthAtMs(timeline, 0), this.#lives?.nextAtMs ?? Number.POSITIVE_INFINITY);
  }

  #ownTimeline(): Timeline {
    const born = this.#start + this.#births;
    return { nowMs: Number.POSITIVE_INFINITY, timeOf: (ahead) => (born + ahead) * APART_MS };
  }

  #birthAtMs(timeline: Timeline, ahead: number): number {
    const ended = this.#index >= this.#end && this.#held.length === 0;
    return ended ? Number.POSITIVE_INFINITY : timeline.timeOf(ahead);
  }

  /** A birth, or a step that is due before it or at the same time; undefined when neither is due. */
  #nextDue(timeline: Timeline, ahead: number): SourceMessage | undefined {
    const birthAtMs = this.#birthAtMs(timeline, ahead);
    const stepAtMs = this.#lives?.nextAtMs ?? Number.POSITIVE_INFINITY;
    const atMs = Math.min(birthAtMs, stepAtMs);
    if (atMs > timeline.nowMs || atMs === Number.POSITIVE_INFINITY) return undefined;
    this.#timeMs = atMs;
    return stepAtMs <= birthAtMs ? this.#lives?.takeStep(this.#drawStep) : this.#next();
  }

  #next(): SourceMessage | undefined {
    for (;;) {
      const ended = this.#index >= this.#end;
      const due = this.#held.findIndex((held) => ended || held.releaseAt <= this.#index);
      if (due >= 0) {
        const [held] = this.#held.splice(due, 1);
        this.#births += 1;
        return held && { ...this.#plain(held.index, held.created), note: held.note };
      }
      if (ended) return undefined;
      const index = this.#index;
      this.#index += 1;
      const created = this.#dateOf(index);
      const fault = this.#plan?.faultAt(index);
      if (fault !== 'out_of_order' || this.#plan === undefined) {
        this.#births += 1;
        return this.#plan === undefined || fault === undefined || fault === 'out_of_order'
          ? this.#plain(index, created)
          : this.#faulty(this.#plan, fault, index, created);
      }
      const releaseAt = index + this.#plan.delayAt(index) + 1;
      this.#held.push({ index, created, note: this.#note(index, index, fault), releaseAt });
    }
  }

  #dateOf(index: number): number {
    const created = this.#now === undefined ? createdAtMs(index) : Math.floor(this.#now());
    this.#dates[index % MEMORY] = created;
    this.#bornAtMs[index % MEMORY] = this.#timeMs;
    return created;
  }

  /** An order for the first time. */
  #plain(index: number, created: number): SourceMessage {
    return this.#lives?.begin(index, created, this.#timeMs, this.#drawBirth) ?? this.#message(index, created);
  }

  readonly #drawBirth: DrawStep<SourceMessage> = (index, created, life) => this.#message(index, created, 0, life);

  readonly #drawStep: DrawStep<SourceMessage> = (index, created, life) => {
    const changed = this.#plan?.lastChangeOf(index, this.#index, this.#first);
    const message = this.#message(index, created, changed === undefined ? 0 : changed + 1, life);
    return { ...message, step: { index, step: life.step, state: life.state } };
  };

  #message(index: number, created: number, revision = 0, life?: Life): SourceMessage {
    const value = orderBytes({ seed: this.#seed, index, createdAtMs: created, revision, life });
    return { key: value.subarray(UID_AT, UID_AT + UID_LENGTH), value, note: undefined };
  }

  #faulty(plan: FaultPlan, fault: Exclude<FaultName, 'out_of_order'>, index: number, created: number): SourceMessage {
    if (fault !== 'duplicate' && fault !== 'changed')
      return this.#spoiled(fault, index, created, plan.varietyAt(index));
    const target = plan.targetOf(index, fault, this.#first);
    const born = this.#bornAtMs[(target ?? 0) % MEMORY] ?? 0;
    const lives = this.#lives;
    if (target === undefined || (lives !== undefined && Number.isNaN(born))) return this.#plain(index, created);
    const date = this.#dates[target % MEMORY] ?? created;
    const revision = fault === 'changed' ? index + 1 : 0;
    const message = this.#message(target, date, revision, lives?.lifeAt(target, born, this.#timeMs));
    return { ...message, note: this.#note(index, target, fault) };
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
    return { seed: this.#seed, index, seq: 0, orderUid: uid, fault, expectedReason: FAULT_REASONS[fault] };
  }

  /**
   * Goes on with the lives of the orders before the start that may not be over.
   * @throws AppError `usage` when these are too many to look at
   */
  #resume(timeline: Timeline): void {
    this.#resumes = false;
    const lives = this.#lives;
    if (lives === undefined || this.#lifeOptions === undefined) return;
    const { plan, timeScale } = this.#lifeOptions;
    const nowMs = timeline.timeOf(0);
    const oldestMs = nowMs - plan.longestMs / timeScale;
    let from = 0;
    for (let above = this.#start; from < above; ) {
      const middle = Math.floor((from + above) / 2);
      if (timeline.timeOf(middle - this.#start) > oldestMs) above = middle;
      else from = middle + 1;
    }
    if (this.#start - from > MOST_RESUMED) {
      const what = `the lives of ${this.#start - from} orders before index ${this.#start} may go on, too many to look at`;
      throw new AppError('usage', what, { advice: 'let time run faster, start at 0, or send orders without lives' });
    }
    for (let index = Math.max(0, Math.min(from, this.#start - MEMORY)); index < this.#start; index += 1) {
      const atMs = timeline.timeOf(index - this.#start);
      const created = this.#now === undefined ? createdAtMs(index) : Math.floor(this.#now() - nowMs + atMs);
      this.#dates[index % MEMORY] = created;
      this.#bornAtMs[index % MEMORY] = atMs;
      const fault = this.#plan?.faultAt(index);
      if (fault === undefined) lives.resume(index, created, atMs, nowMs);
    }
  }
}
