import { Backoff } from '../../lib/backoff.ts';
import type { OutgoingMessage, SendJob } from './message-sender.ts';
import type { SendRefusal } from './produce-api.ts';
import type { ProducerIdentity } from './producer-session.ts';
import { type Compression, encodeRecordBatch, recordSize, stampRecordBatch } from './record-batch.ts';

/** Below the broker's default message.max.bytes, 1 048 588. */
const MAX_BATCH_BYTES = 900_000;
const SEQUENCES = 2_147_483_648;
/** What a message without a time bears; a broker takes it whatever its clock says (KIP-32). */
const NO_TIMESTAMP = -1;

/** Messages of one send() for one partition. */
interface Part {
  readonly job: SendJob;
  readonly messages: readonly OutgoingMessage[];
  /** Where the messages stand in the send() they are of. */
  readonly indexes: readonly number[];
}

/** The messages of one or more send() calls, as the record batch that goes to the broker. */
export interface Batch {
  readonly parts: readonly Part[];
  readonly messages: readonly OutgoingMessage[];
  readonly bytes: Buffer;
  /** Its messages bear the time they were put together. */
  readonly timed: boolean;
  /** It was on its way to the broker and nothing is known of it since. */
  uncertain: boolean;
  /** It was so before the last attempt, too: a refusal of that one tells nothing of those before. */
  doubted: boolean;
}

/**
 * What waits for one partition. One batch at a time is on its way, and a batch whose fate is unknown is repeated with
 * the same sequence number before any other, so the broker tells a repeat from news and order is kept. A single
 * outstanding batch is also all that a broker's producer snapshot remembers across its restart. What comes in meanwhile
 * goes together in the next one.
 */
export class PartitionLane {
  readonly topic: string;
  readonly partition: number;
  readonly backoff = new Backoff({ minMs: 20, maxMs: 1_000 });
  busy = false;
  /** Not to be tried before this instant of `performance.now()`: the machine's clock may be set back. */
  notBeforeMs = 0;
  readonly #waiting: Part[] = [];
  readonly #batches: Batch[] = [];
  #identity: ProducerIdentity | undefined;
  /** The one it had before. */
  #spent: ProducerIdentity | undefined;
  #sequence = 0;

  readonly #compression: Compression;

  constructor(topic: string, partition: number, compression: Compression) {
    this.topic = topic;
    this.partition = partition;
    this.#compression = compression;
  }

  add(job: SendJob, messages: readonly OutgoingMessage[], indexes: readonly number[]): void {
    this.#waiting.push({ job, messages, indexes });
  }

  /** The calls that wait for this partition. */
  jobs(): SendJob[] {
    return [...this.#batches.flatMap(({ parts }) => parts), ...this.#waiting].map(({ job }) => job);
  }

  /** Is there nothing to send? */
  get idle(): boolean {
    return this.#batches.length === 0 && this.#waiting.length === 0;
  }

  /** The batch to send next, without those that nobody waits for. */
  head(): Batch | undefined {
    for (;;) {
      if (this.#batches.length === 0) this.#gather();
      const first = this.#batches[0];
      if (first === undefined || first.parts.some(({ job }) => !job.settled)) return first;
      this.#batches.shift();
      // It may or may not have used up its sequence numbers: only a new identity is sure to fit.
      if (first.uncertain) this.forgetIdentity();
    }
  }

  /** Marks the head with identity and sequence; it is uncertain from now on. */
  stamp(head: Batch, identity: ProducerIdentity): void {
    if (this.#identity === undefined) {
      this.#identity = identity;
      this.#sequence = 0;
    }
    stampRecordBatch(head.bytes, { ...this.#identity, baseSequence: this.#sequence });
    head.doubted = head.uncertain;
    head.uncertain = true;
    for (const { job } of head.parts) job.begun = true;
  }

  /** Takes the head off, written; a baseOffset of −1 is not known. */
  written(head: Batch, baseOffset: bigint): void {
    this.#sequence = (this.#sequence + head.messages.length) % SEQUENCES;
    this.backoff.reset();
    this.#drop(head);
    let offset = baseOffset;
    for (const { job, indexes } of head.parts) {
      job.place(indexes, this.partition, offset);
      if (offset >= 0n) offset += BigInt(indexes.length);
    }
  }

  /** Takes the head off: not written, and it never will be. */
  refused(head: Batch, refusal: SendRefusal, reason: string): void {
    // As in `head`: under the same numbers, the broker would take the next batch for a repeat of this one.
    if (head.doubted) this.forgetIdentity();
    this.#drop(head);
    for (const { job, indexes } of head.parts) job.refuse(indexes, refusal, reason);
  }

  /** Puts the same messages without a time in the place of the head, which was certainly not written. */
  dropTime(head: Batch): void {
    this.#drop(head);
    this.#batches.unshift(this.#batchOf(head.parts, NO_TIMESTAMP));
  }

  /** Puts two halves in the place of the head, which was certainly not written. */
  halve(head: Batch): void {
    this.#drop(head);
    const middle = head.messages.length >> 1;
    const low: Part[] = [];
    const high: Part[] = [];
    let at = 0;
    for (const part of head.parts) {
      const cut = Math.min(Math.max(middle - at, 0), part.messages.length);
      if (cut > 0) low.push(slice(part, 0, cut));
      if (cut < part.messages.length) high.push(slice(part, cut));
      at += part.messages.length;
    }
    this.#batches.unshift(this.#batchOf(low), this.#batchOf(high));
  }

  /** The broker or we lost track of its sequence numbers: the next batch goes under a new one. */
  forgetIdentity(): void {
    this.#spent = this.#identity ?? this.#spent;
    this.#identity = undefined;
  }

  /** Whether the next batch may bear the identity, if the lane has none. */
  mayUse(identity: ProducerIdentity): boolean {
    return this.#identity !== undefined || identity !== this.#spent;
  }

  #drop(head: Batch): void {
    head.uncertain = false;
    if (this.#batches[0] === head) this.#batches.shift();
  }

  /** Makes a batch of as much of what waits as may go in one. */
  #gather(): void {
    const parts: Part[] = [];
    let size = 0;
    let taken = 0;
    for (const part of this.#waiting) {
      let at = 0;
      for (; at < part.messages.length; at += 1) {
        const message = part.messages[at];
        const next = message === undefined ? 0 : recordSize(message);
        if (size > 0 && size + next > MAX_BATCH_BYTES) break;
        size += next;
      }
      if (at > 0) parts.push(slice(part, 0, at));
      if (at < part.messages.length) {
        this.#waiting[taken] = slice(part, at);
        break;
      }
      taken += 1;
    }
    this.#waiting.splice(0, taken);
    if (parts.length > 0) this.#batches.push(this.#batchOf(parts));
  }

  #batchOf(parts: readonly Part[], timestampMs = Date.now()): Batch {
    const [first, ...rest] = parts;
    const messages = rest.length === 0 && first ? first.messages : parts.flatMap((part) => part.messages);
    const bytes = encodeRecordBatch(messages, timestampMs, this.#compression);
    return { parts, messages, bytes, timed: timestampMs !== NO_TIMESTAMP, uncertain: false, doubted: false };
  }
}

function slice(part: Part, from: number, to?: number): Part {
  if (from === 0 && (to === undefined || to === part.messages.length)) return part;
  return { job: part.job, messages: part.messages.slice(from, to), indexes: part.indexes.slice(from, to) };
}
