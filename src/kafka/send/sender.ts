import { AppError } from '../../lib/app-error.ts';
import { Backoff, pause } from '../../lib/backoff.ts';
import { within } from '../../lib/deadline.ts';
import { type KafkaClients, type KafkaLogger, toKafkaError } from '../clients.ts';
import { type MessageSender, type OutgoingMessage, SendJob, type SentPosition } from './message-sender.ts';
import { partitionOfKey } from './partitioner.ts';
import { type DispatcherOptions, ProduceDispatcher } from './produce-dispatcher.ts';
import { ProducerSession, type TopicLayout } from './producer-session.ts';

export interface MessageSenderOptions extends DispatcherOptions {
  readonly clientId: string;
  readonly logger: KafkaLogger;
  /** Time one send() may take, repeats included, ms; 30 000. */
  readonly sendTimeoutMs?: number;
  /** Silence of a broker after which its connection is given up, ms; 10 000. */
  readonly requestTimeoutMs?: number;
  /** Time a new connection may take, ms; 3 000. */
  readonly connectTimeoutMs?: number;
  /** Time close() waits for what is in flight, ms; 5 000. */
  readonly closeTimeoutMs?: number;
}

/** Older layouts are refreshed: partitions may have been added. */
const LAYOUT_AGE_MS = 10_000;

/**
 * A sender with acks=all and KIP-98 idempotence: a message whose acknowledgement was lost is repeated under the same
 * sequence number, across connection losses and broker restarts, so it is written once; messages with one key keep the
 * order of the calls. Several send() may be in flight. send() rejects with AppError
 * - `kafka_unavailable` (retryable) when not every message was acknowledged in time; those may or may not be written;
 * - `kafka_rejected` (MessagesRejectedError) when the broker refuses messages for good, such as one that is too large;
 *   the others are written;
 * - `kafka_refuses` (MessagesRejectedError) when it would refuse any message: this machine's clock, the rights of the
 *   user;
 * - `topic_missing` when there is no such topic;
 * - `aborted` after close(). An offset of −1 is possible, for a batch the broker remembers but not where.
 */
export function createMessageSender(kafka: KafkaClients, options: MessageSenderOptions): MessageSender {
  return new KafkaMessageSender(kafka, options);
}

class KafkaMessageSender implements MessageSender {
  readonly #session: ProducerSession;
  readonly #dispatcher: ProduceDispatcher;
  readonly #sendTimeoutMs: number;
  readonly #closeTimeoutMs: number;
  readonly #jobs = new Set<SendJob>();
  #closed: Promise<void> | undefined;
  #spread = 0;

  constructor(kafka: KafkaClients, options: MessageSenderOptions) {
    const { connectTimeoutMs = 3_000, requestTimeoutMs = 10_000 } = options;
    this.#session = new ProducerSession(kafka, { ...options, connectTimeoutMs, requestTimeoutMs });
    this.#dispatcher = new ProduceDispatcher(this.#session, options, options.logger);
    this.#sendTimeoutMs = options.sendTimeoutMs ?? 30_000;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? 5_000;
  }

  async send(topic: string, messages: readonly OutgoingMessage[]): Promise<readonly SentPosition[]> {
    if (this.#closed !== undefined) throw new AppError('aborted', 'the Kafka sender is closed');
    if (messages.length === 0) return [];
    const job = new SendJob(messages.length, this.#sendTimeoutMs);
    this.#jobs.add(job);
    try {
      const layout = this.#dispatcher.knownLayout(topic);
      if (layout !== undefined) this.#enqueue(job, topic, messages, layout);
      else void this.#enqueueLater(job, topic, messages);
      return await job.promise;
    } finally {
      this.#jobs.delete(job);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const open = Promise.allSettled([...this.#jobs].map((job) => job.promise));
    await within(this.#closeTimeoutMs, open).catch(() => undefined);
    const error = new AppError('kafka_unavailable', 'the Kafka sender was closed before the acknowledgement', {
      retryable: true,
    });
    for (const job of this.#jobs) job.fail(error);
    this.#dispatcher.stop();
    await within(this.#closeTimeoutMs, this.#session.close()).catch(() => undefined);
  }

  /** The first send of a topic waits for its layout, within the job's own deadline. */
  async #enqueueLater(job: SendJob, topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    const backoff = new Backoff({ minMs: 20, maxMs: 1_000 });
    while (!job.settled) {
      try {
        const layout = await this.#dispatcher.layout(topic);
        if (!job.settled) this.#enqueue(job, topic, messages, layout, true);
        return;
      } catch (error) {
        const failure = toKafkaError(error, `sending to ${topic}`);
        job.lastError = failure;
        if (failure.code !== 'kafka_unavailable') {
          job.fail(failure);
          return;
        }
        this.#dispatcher.noteFailure(failure);
        await pause(backoff.next());
      }
    }
  }

  #enqueue(
    job: SendJob,
    topic: string,
    messages: readonly OutgoingMessage[],
    layout: TopicLayout,
    isFresh = false,
  ): void {
    const partitions = layout.leaders.length;
    const groups = new Map<number, { messages: OutgoingMessage[]; indexes: number[] }>();
    for (let index = 0; index < messages.length; index += 1) {
      const message = messages[index];
      if (message === undefined) continue;
      const partition = message.partition ?? this.#partitionOf(message, partitions);
      if (partition >= partitions && !isFresh) {
        // It may have been added since.
        void this.#enqueueLater(job, topic, messages);
        return;
      }
      if (partition >= partitions) {
        const text = `topic ${topic} has ${partitions} partitions, there is no partition ${partition}`;
        job.fail(new AppError('kafka_rejected', text));
        return;
      }
      let group = groups.get(partition);
      if (group === undefined) {
        group = { messages: [], indexes: [] };
        groups.set(partition, group);
      }
      group.messages.push(message);
      group.indexes.push(index);
    }
    const now = performance.now();
    for (const [partition, group] of groups) {
      this.#dispatcher.lane(topic, partition).add(job, group.messages, group.indexes);
    }
    if (now - layout.readAtMs > LAYOUT_AGE_MS) void this.#dispatcher.layout(topic).catch(() => undefined);
    this.#dispatcher.wake();
  }

  #partitionOf(message: OutgoingMessage, partitions: number): number {
    if (message.key !== null) return partitionOfKey(message.key, partitions);
    this.#spread += 1;
    return this.#spread % partitions;
  }
}
