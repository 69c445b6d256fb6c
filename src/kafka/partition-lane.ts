import { Backoff } from '../lib/backoff.ts';
import type { OutgoingMessage } from './message-sender.ts';
import type { ProducerIdentity } from './producer-session.ts';
import { encodeRecordBatch, recordSize, stampRecordBatch } from './record-batch.ts';
import type { SendJob } from './send-job.ts';

/** Below the broker's default message.max.bytes, 1 048 588. */
const MAX_BATCH_BYTES = 900_000;
const SEQUENCES = 2_147_483_648;

/** Messages of one send() for one partition, encoded. */
export interface BatchTask {
  readonly job: SendJob;
  readonly messages: readonly OutgoingMessage[];
  /** Where the messages stand in the send() they are of. */
  readonly indexes: readonly number[];
  readonly bytes: Buffer;
  /** It was on its way to the broker and nothing is known of it since. */
  uncertain: boolean;
}

/**
 * What waits for one partition. One batch at a time is on its way, and a batch whose fate is unknown is repeated with the
 * same sequence number before any other, so the broker tells a repeat from news and order is kept. A single outstanding
 * batch is also all that a broker's producer snapshot remembers across its restart.
 */
export class PartitionLane {
  readonly topic: string;
  readonly partition: number;
  readonly queue: BatchTask[] = [];
  readonly backoff = new Backoff({ minMs: 20, maxMs: 1_000 });
  busy = false;
  /** Not to be tried before this instant, ms since the Unix epoch. */
  notBeforeMs = 0;
  #identity: ProducerIdentity | undefined;
  #sequence = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Adds the messages as one batch or, when they are many, several. */
  add(job: SendJob, messages: readonly OutgoingMessage[], indexes: readonly number[], nowMs: number): void {
    let from = 0;
    let size = 0;
    for (let at = 0; at <= messages.length; at += 1) {
      const message = messages[at];
      const next = message === undefined ? 0 : recordSize(message);
      if (at > from && (message === undefined || size + next > MAX_BATCH_BYTES)) {
        this.queue.push(task(job, messages.slice(from, at), indexes.slice(from, at), nowMs));
        from = at;
        size = 0;
      }
      size += next;
    }
  }

  /** The batch to send next; those nobody waits for any more are dropped. */
  head(): BatchTask | undefined {
    for (;;) {
      const first = this.queue[0];
      if (first === undefined || !first.job.settled) return first;
      this.queue.shift();
      // It may or may not have used up its sequence numbers: only a new identity is sure to fit.
      if (first.uncertain) this.#identity = undefined;
    }
  }

  /** Marks the head with identity and sequence; it is uncertain from now on. */
  stamp(head: BatchTask, identity: ProducerIdentity): void {
    if (this.#identity === undefined) {
      this.#identity = identity;
      this.#sequence = 0;
    }
    stampRecordBatch(head.bytes, { ...this.#identity, baseSequence: this.#sequence });
    head.uncertain = true;
  }

  /** Takes the head off, written. */
  written(head: BatchTask, baseOffset: bigint): void {
    this.#sequence = (this.#sequence + head.messages.length) % SEQUENCES;
    this.backoff.reset();
    this.#drop(head);
    head.job.place(head.indexes, this.partition, baseOffset);
  }

  /** Takes the head off: certainly not written, and it never will be. */
  refused(head: BatchTask, reason: string): void {
    this.#drop(head);
    head.job.refuse(head.indexes, reason);
  }

  /** Puts two halves in the place of the head, which was certainly not written. */
  halve(head: BatchTask, nowMs: number): void {
    this.#drop(head);
    const middle = head.messages.length >> 1;
    this.queue.unshift(
      task(head.job, head.messages.slice(0, middle), head.indexes.slice(0, middle), nowMs),
      task(head.job, head.messages.slice(middle), head.indexes.slice(middle), nowMs),
    );
  }

  /** The broker lost track of the identity: the next batch goes under a new one. */
  forgetIdentity(): void {
    this.#identity = undefined;
  }

  #drop(head: BatchTask): void {
    head.uncertain = false;
    if (this.queue[0] === head) this.queue.shift();
  }
}

function task(
  job: SendJob,
  messages: readonly OutgoingMessage[],
  indexes: readonly number[],
  nowMs: number,
): BatchTask {
  return { job, messages, indexes, bytes: encodeRecordBatch(messages, nowMs), uncertain: false };
}
