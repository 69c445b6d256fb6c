import type { FetchedPartition, LogRecord } from '../../src/kafka/read/order-log.ts';
import { readRecordBatches } from '../../src/kafka/read/record-batch-reader.ts';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';
import { encodeRecordBatch } from '../../src/kafka/send/record-batch.ts';

/** The messages as read back from a log, from `firstOffset` on; `timestamp` is ms since the Unix epoch. */
export function logRecords(
  messages: readonly OutgoingMessage[],
  firstOffset = 0,
  timestamp = 1_760_000_000_000,
): LogRecord[] {
  const batch = encodeRecordBatch(messages, timestamp);
  batch.writeBigInt64BE(BigInt(firstOffset), 0);
  batch.writeInt32BE(messages.length - 1, 23);
  return readRecordBatches(batch).flatMap(({ records }) => [...records]);
}

/** What a fetch brought: these records, then nothing up to `nextOffset`. */
export function fetched(
  partition: number,
  records: readonly LogRecord[],
  nextOffset = (records.at(-1)?.offset ?? -1) + 1,
  leaderEpoch = 0,
): FetchedPartition {
  return {
    partition,
    records,
    nextOffset,
    logStartOffset: 0,
    epochs: [{ leaderEpoch, epochStart: 0, nextOffset }],
    outOfRange: false,
  };
}
