import { REDRIVE_ID_HEADER } from '../contract/letter.ts';
import type { BatchFate, RedriveBatch } from '../contract/redrive.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import { AppError } from '../lib/app-error.ts';
import { pause } from '../lib/backoff.ts';
import type { OpenTopic, ReadableTopic } from './reading.ts';
import { redriveIdPrefix } from './redrive-plan.ts';

export interface RecoveryDependencies {
  readonly openTopic: OpenTopic;
  /** Where each partition of the topic ends, messages of open transactions included. */
  readonly highWatermarks: (topic: string) => Promise<ReadonlyMap<number, number>>;
  /** Time another producer's transaction may keep the end of the topic hidden. */
  readonly maxHiddenMs: number;
}

const POLL_MS = 200;
const header = Buffer.from(REDRIVE_ID_HEADER);

/**
 * What became of a batch whose sender died or got no answer. The target topic is read from where it ended before the
 * batch; as a batch is a transaction, one of its messages there means all of them are. Call it only when the sender
 * can't do any more: its transactions are decided once another sender of its name was opened.
 * @throws AppError `kafka_unavailable` (retryable) when the topic can't be read to its end.
 */
export async function batchFate(
  batch: RedriveBatch,
  { openTopic, highWatermarks, maxHiddenMs }: RecoveryDependencies,
): Promise<BatchFate> {
  const topic = await openTopic(batch.targetTopic).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'topic_missing') return undefined;
    throw error;
  });
  // In a topic that was re-created or deleted there is nothing to find.
  if (topic === undefined) return 'uncertain';
  try {
    if (topic.topicId !== batch.targetTopicId) return 'uncertain';
    const ends = await highWatermarks(batch.targetTopic);
    const now = await visibleTo(topic, batch, ends, maxHiddenMs);
    const ranges = new Map<number, LogRange>();
    let complete = true;
    for (const [partition, from] of batch.from) {
      const { start, end } = now.get(partition) ?? { start: 0, end: 0 };
      // Retention may have removed what could tell.
      if (start > from) complete = false;
      ranges.set(partition, { start: Math.max(from, start), end });
    }
    if (await holds(topic, ranges, redriveIdPrefix(batch.batchId))) return 'sent';
    return complete ? 'not_sent' : 'uncertain';
  } finally {
    await topic.close();
  }
}

/** Waits until committed messages are visible up to the end: another producer's open transaction hides later ones. */
async function visibleTo(
  topic: ReadableTopic,
  batch: RedriveBatch,
  ends: ReadonlyMap<number, number>,
  maxHiddenMs: number,
): Promise<Map<number, LogRange>> {
  const deadline = Date.now() + maxHiddenMs;
  for (;;) {
    const ranges = await topic.ranges();
    const hidden = [...batch.from.keys()].find(
      (partition) => (ranges.get(partition)?.end ?? 0) < (ends.get(partition) ?? 0),
    );
    if (hidden === undefined) return ranges;
    if (Date.now() > deadline) {
      throw new AppError(
        'kafka_unavailable',
        `an open transaction of another producer hides the end of ${batch.targetTopic}, partition ${hidden}; run it again later`,
        { retryable: true },
      );
    }
    await pause(POLL_MS);
  }
}

/** Ids of the letters whose messages the topic holds. */
export async function redrivenIn(topic: ReadableTopic): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { records } of topic.read(await topic.ranges()))
    for (const record of records) {
      const [, id] = record.header(header)?.toString().split('/') ?? [];
      if (id !== undefined) ids.add(id);
    }
  return ids;
}

async function holds(topic: ReadableTopic, ranges: ReadonlyMap<number, LogRange>, prefix: string): Promise<boolean> {
  for await (const { records } of topic.read(ranges)) {
    if (records.some((record) => record.header(header)?.toString().startsWith(prefix) === true)) return true;
  }
  return false;
}
