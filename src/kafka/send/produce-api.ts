import { type Connection, protocolErrors, protocolErrorsCodesById, type Reader, Writer } from '@platformatic/kafka';
import { rightNeeded } from '../refusal.ts';

const PRODUCE_KEY = 0;
/** From this version on the protocol's strings and arrays are compact and tagged (KIP-482). */
const FLEXIBLE = 9;
const NEWEST = 11;
const OLDEST = 3;
const ACKS_ALL = -1;

/** The batch for one partition. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

/** The broker's answer for one partition; the code 0 means written, at baseOffset. */
export interface ProduceAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: bigint;
  readonly message: string | null;
}

/** The newest Produce version in the broker's range that this client speaks; undefined if there is none. */
export function produceVersion(range: { minVersion: number; maxVersion: number }): number | undefined {
  const version = Math.min(range.maxVersion, NEWEST);
  return version >= Math.max(range.minVersion, OLDEST) ? version : undefined;
}

/**
 * One Produce request with acks=all. Resolves with the broker's answer per partition, error codes included; rejects
 * when there was no answer, and then the batches may or may not have been written.
 * @see https://kafka.apache.org/protocol#The_Messages_Produce
 */
export function produce(
  connection: Connection,
  version: number,
  timeoutMs: number,
  batches: readonly PartitionBatch[],
): Promise<readonly ProduceAnswer[]> {
  const flexible = version >= FLEXIBLE;
  return new Promise((resolve, fail) => {
    connection.send<readonly ProduceAnswer[]>(
      PRODUCE_KEY,
      version,
      () => writeRequest(flexible, timeoutMs, batches),
      (_correlation, _key, answerVersion, reader) => readAnswers(reader, answerVersion),
      flexible,
      flexible,
      (error, answers) => (answers ? resolve(answers) : fail(error)),
    );
  });
}

function writeRequest(flexible: boolean, timeoutMs: number, batches: readonly PartitionBatch[]): Writer {
  const topics = [...Map.groupBy(batches, (batch) => batch.topic)];
  const writer = Writer.create()
    .appendString(null, flexible)
    .appendInt16(ACKS_ALL)
    .appendInt32(timeoutMs)
    .appendArray(
      topics,
      (w, [topic, partitions]) => {
        w.appendString(topic, flexible).appendArray(
          partitions,
          (inner, { partition, batch }) => {
            inner.appendInt32(partition).appendBytes(batch, flexible);
          },
          flexible,
          flexible,
        );
      },
      flexible,
      flexible,
    );
  return flexible ? writer.appendTaggedFields() : writer;
}

function readAnswers(reader: Reader, version: number): ProduceAnswer[] {
  const flexible = version >= FLEXIBLE;
  const answers = reader.readArray(
    (r) => {
      const topic = r.readString(flexible);
      return r.readArray((inner) => readAnswer(inner, topic, version), flexible, flexible);
    },
    flexible,
    flexible,
  );
  return answers.flat();
}

function readAnswer(reader: Reader, topic: string, version: number): ProduceAnswer {
  const flexible = version >= FLEXIBLE;
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const baseOffset = reader.readInt64();
  reader.skip(8);
  if (version >= 5) reader.skip(8);
  let message: string | null = null;
  if (version >= 8) {
    const records = reader.readArray(
      (r) => {
        r.skip(4);
        return r.readNullableString(flexible);
      },
      flexible,
      flexible,
    );
    const summary = reader.readNullableString(flexible);
    message = records.find((text) => text !== null) ?? summary;
  }
  return { topic, partition, errorCode, baseOffset, message };
}

/** What an error code of a Produce answer means for the batch. */
export type ProduceOutcome =
  | 'written'
  /** Not written this time: the same batch again, perhaps to another leader. */
  | 'retry'
  /** The broker no longer knows this producer's sequence: the batch again under a new identity. */
  | 'new_identity'
  /** Not written because of some of its messages: the rest may be accepted without them. */
  | 'divide'
  /** Not written because of its timestamp, which all its messages share. */
  | 'untimely'
  /** Not written, and never will be. */
  | 'rejected';

const NEW_IDENTITY = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'PRODUCER_FENCED',
]);

const DIVIDE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** Why the broker will never accept a message: `too_large` and `other` concern the message, the rest would hit any. */
export type SendRefusal = 'too_large' | 'clock' | 'not_allowed' | 'other';

const REFUSALS: Readonly<Record<string, SendRefusal>> = {
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
  INVALID_TIMESTAMP: 'clock',
  TOPIC_AUTHORIZATION_FAILED: 'not_allowed',
  CLUSTER_AUTHORIZATION_FAILED: 'not_allowed',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'not_allowed',
};

const ADVICE: Readonly<Record<Exclude<SendRefusal, 'not_allowed'>, string>> = {
  too_large: 'It is longer than the topic takes: see max.message.bytes among its settings.',
  clock:
    "This machine's clock and the broker's are further apart than the topic takes " +
    '(message.timestamp.after.max.ms, message.timestamp.before.max.ms): set the clock.',
  other: 'See the settings of the topic.',
};

/** What an error of this name means for a message to the topic, and what to do about it. */
export function refusalOf(name: string, topic: string): { readonly refusal: SendRefusal; readonly advice: string } {
  const refusal = REFUSALS[name] ?? 'other';
  return { refusal, advice: refusal === 'not_allowed' ? rightNeeded('Write', 'topic', topic) : ADVICE[refusal] };
}

/** The protocol's name of an error code. */
export function errorName(code: number): string {
  return protocolErrorsCodesById[code] ?? `error ${code}`;
}

/** Classified by protocol code; what Kafka's own table calls retriable is retried. */
export function produceOutcome(code: number): ProduceOutcome {
  if (code === 0) return 'written';
  const name = errorName(code);
  // The batch is in the log, only its offset has been forgotten.
  if (name === 'DUPLICATE_SEQUENCE_NUMBER') return 'written';
  if (NEW_IDENTITY.has(name)) return 'new_identity';
  if (DIVIDE.has(name)) return 'divide';
  if (name === 'INVALID_TIMESTAMP') return 'untimely';
  return protocolErrors[name]?.canRetry === true ? 'retry' : 'rejected';
}
