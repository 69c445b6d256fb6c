import type { RecordHeaders } from '../../contract/letter.ts';

/** A message on its way to Kafka. Header values are text or bytes; a null value is a tombstone. */
export interface OutgoingMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
  /** Headers of another message that go before these, as they are. */
  readonly carried?: RecordHeaders;
  /** Without it the key decides (murmur2, as Kafka's own clients); without a key they are spread. */
  readonly partition?: number;
}

/** Where the broker put a message. */
export interface SentPosition {
  readonly partition: number;
  readonly offset: bigint;
}

export interface MessageSender {
  /**
   * Sends with acks=all and resolves once every message is acknowledged, in the order given.
   * @throws AppError `kafka_unavailable` (retryable) when not all of them were.
   */
  send(topic: string, messages: readonly OutgoingMessage[]): Promise<readonly SentPosition[]>;
  /** Waits for what is in flight, within its own deadline; idempotent. */
  close(): Promise<void>;
}
