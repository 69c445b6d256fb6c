import { type Connection, type Reader, Writer } from '@platformatic/kafka';

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
export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: bigint;
  readonly message: string | null;
}

/** The newest Produce version both sides speak, of the broker's range; undefined when there is none. */
export function produceVersion(range: { minVersion: number; maxVersion: number }): number | undefined {
  const version = Math.min(range.maxVersion, NEWEST);
  return version >= Math.max(range.minVersion, OLDEST) ? version : undefined;
}

/**
 * One Produce request with acks=all. Resolves with the broker's answer per partition, error codes included; rejects when
 * there was no answer, and then the batches may or may not have been written.
 * @see https://kafka.apache.org/protocol#The_Messages_Produce
 */
export function produce(
  connection: Connection,
  version: number,
  timeoutMs: number,
  batches: readonly PartitionBatch[],
): Promise<readonly PartitionAnswer[]> {
  const flexible = version >= FLEXIBLE;
  return new Promise((resolve, fail) => {
    connection.send<readonly PartitionAnswer[]>(
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

function readAnswers(reader: Reader, version: number): PartitionAnswer[] {
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

function readAnswer(reader: Reader, topic: string, version: number): PartitionAnswer {
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
