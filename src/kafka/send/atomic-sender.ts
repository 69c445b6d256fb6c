import { AppError } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import { hasProtocolError, type KafkaClients, toKafkaError } from '../clients.ts';
import type { OutgoingMessage } from './message-sender.ts';
import { refusalOf } from './produce-api.ts';

/** A message with its place decided. */
export interface PlacedMessage extends OutgoingMessage {
  readonly partition: number;
}

/** How long a transaction stays open after its sender died, unless another one of its name is opened. */
const TRANSACTION_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 20_000;
/** Answers that a repeat would not change. */
const REFUSED = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'] as const;

type RawProducer = ReturnType<typeof createProducer>;
type RawTransaction = Awaited<ReturnType<RawProducer['beginTransaction']>>;

/**
 * Sends batches in Kafka transactions: readers of committed messages see all of a batch or nothing. Opening is a
 * barrier: once `open` has resolved, nothing that an earlier sender of the name had in flight can become visible. What
 * it committed is complete, the rest is aborted, and what arrives late is refused.
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-98
 */
export class AtomicSender {
  readonly #producer: RawProducer;
  #first: RawTransaction | undefined;

  private constructor(producer: RawProducer) {
    this.#producer = producer;
  }

  /**
   * Opens a sender, which shuts out every earlier one of this name (KIP-98 `transactional.id`).
   * @throws AppError `kafka_unavailable`.
   */
  static async open(kafka: KafkaClients, name: string): Promise<AtomicSender> {
    const producer = createProducer(kafka, name);
    const sender = new AtomicSender(producer);
    try {
      // -1, -1 is a sender without a past: the client's own default claims to be producer 0, and is fenced for it.
      sender.#first = await within(CALL_TIMEOUT_MS, producer.beginTransaction({ producerId: -1n, producerEpoch: -1 }));
      return sender;
    } catch (error) {
      await sender.close();
      throw toSendError(error, 'opening a transaction');
    }
  }

  /**
   * Resolves once the whole batch is committed, with the offset of each message; −1 where the broker does not say.
   * After a rejection the batch's fate is unknown and the sender unusable: close it, and open another to learn from the
   * topic what was written.
   * @throws AppError `fenced` when another sender of the name was opened, `kafka_rejected`, `kafka_unavailable`
   * (retryable).
   */
  async send(topic: string, messages: readonly PlacedMessage[]): Promise<readonly number[]> {
    try {
      return await within(CALL_TIMEOUT_MS, this.#send(topic, messages));
    } catch (error) {
      throw toSendError(error, `sending to ${topic}`);
    }
  }

  /** Idempotent, bounded in time. An open transaction is left to be aborted. */
  async close(): Promise<void> {
    await within(2_000, this.#producer.close(true)).catch(() => {});
  }

  async #send(topic: string, messages: readonly PlacedMessage[]): Promise<readonly number[]> {
    const transaction = this.#first ?? (await this.#producer.beginTransaction());
    this.#first = undefined;
    const { offsets = [] } = await transaction.send({
      messages: messages.map(({ carried, headers, ...message }) => ({
        ...message,
        topic,
        headers: headerMap(carried, headers),
      })),
    });
    await transaction.commit();
    // A partition's messages are one record batch: they follow each other from its first offset on.
    const next = new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
    return messages.map(({ partition }) => {
      const offset = next.get(partition) ?? -1;
      if (offset >= 0) next.set(partition, offset + 1);
      return offset;
    });
  }
}

/** Headers in the client's form. It tells keys that are buffers apart by identity, so names may repeat. */
function headerMap(
  carried: OutgoingMessage['carried'],
  headers: OutgoingMessage['headers'],
): Map<Buffer, Buffer | null> {
  const own = Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  return new Map([...(carried ?? []).map(([name, value]) => [Buffer.from(name ?? ''), value] as const), ...own]);
}

function createProducer(kafka: KafkaClients, transactionalId: string) {
  const bytes = (value: Buffer | null | undefined): Buffer | undefined => value ?? undefined;
  const name = (value: Buffer | undefined): Buffer => value ?? Buffer.alloc(0);
  return kafka.producer({
    clientId: 'test-service-redrive',
    transactionalId,
    idempotent: true,
    serializers: { key: bytes, value: bytes, headerKey: name, headerValue: bytes },
    connectTimeout: 3_000,
    requestTimeout: 10_000,
    timeout: TRANSACTION_TIMEOUT_MS,
    // The coordinator asks to wait while it completes the transaction before; that takes milliseconds.
    retries: 100,
    retryDelay: 20,
  });
}

function toSendError(error: unknown, what: string): AppError {
  if (hasProtocolError(error, 'PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING')) {
    return new AppError('fenced', `${what}: another one has taken over`, { cause: error });
  }
  const refused = REFUSED.find((name) => hasProtocolError(error, name));
  if (refused !== undefined) {
    const message = `${what}: Kafka refuses it (${refused}). ${refusalOf(refused, what).advice}`;
    return new AppError('kafka_rejected', message, { cause: error });
  }
  return toKafkaError(error, what);
}
