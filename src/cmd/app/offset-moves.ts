import { type OffsetTarget, targetOffsets } from '../../kafka/admin/offset-target.ts';
import { PROMPT_MS, TopicReader } from '../../kafka/read/topic-reader.ts';
import { AppError } from '../../lib/app-error.ts';
import type { MoveOptions, PartitionMove } from '../../server/api/kafka/groups.ts';
import type { Database } from '../../storage/postgresql/database.ts';
import { OffsetStore } from '../../storage/postgresql/offset-store.ts';
import type { Config } from './config-schema.ts';
import { kafkaClients } from './environment.ts';

/**
 * Moves what is stored of this service's group in the orders topic, all partitions or some; a dry run only says how.
 * Consumers that run follow by themselves, see `OffsetStore.reset`.
 * @throws AppError `usage` for a partition the topic does not have; `topic_missing`, `kafka_unavailable`,
 *   `database_unavailable`
 */
export async function moveOffsets(
  config: Config,
  database: Database,
  target: OffsetTarget,
  { partitions, dryRun }: MoveOptions,
): Promise<PartitionMove[]> {
  const offsets = new OffsetStore(database);
  const { group, topic } = config.kafka;
  const reader = await TopicReader.open(kafkaClients(config), { topic, requestTimeoutMs: PROMPT_MS });
  try {
    const scope = { group, topic, topicId: reader.topicId };
    const ranges = await reader.ranges();
    const missing = partitions?.find((partition) => !ranges.has(partition));
    if (missing !== undefined)
      throw new AppError('usage', `topic ${topic} has no partition ${missing}: there are 0 to ${ranges.size - 1}`);
    const [stored, targets] = await Promise.all([offsets.positions(scope), targetOffsets(reader, target)]);
    const moves = [...ranges].flatMap(([partition, { start, end }]) => {
      const to = targets.get(partition);
      if (to === undefined || partitions?.includes(partition) === false) return [];
      return [{ partition, start, end, from: stored.get(partition) ?? start, to }];
    });
    if (!dryRun) await offsets.reset(scope, new Map(moves.map(({ partition, to }) => [partition, to])));
    return moves;
  } finally {
    void reader.close();
  }
}
