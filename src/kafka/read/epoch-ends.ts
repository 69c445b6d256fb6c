import { type Connection, offsetForLeaderEpochV4 } from '@platformatic/kafka';
import type { EpochEnd } from './order-log.ts';

const CONSUMER = -1;
const UNKNOWN_EPOCH = -1;

/**
 * Asks a leader where epochs of its partitions end: `epochs` by partition, `leaderEpochs` are what the metadata says of the leaders, and
 * a leader of another epoch refuses. Rejects when one partition is refused.
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-320
 */
export async function askEpochEnds(
  connection: Connection,
  topic: string,
  epochs: ReadonlyMap<number, number>,
  leaderEpochs: ReadonlyMap<number, number>,
): Promise<[partition: number, EpochEnd][]> {
  const partitions = [...epochs].map(([partition, leaderEpoch]) => ({
    partitionIndex: partition,
    currentLeaderEpoch: leaderEpochs.get(partition) ?? UNKNOWN_EPOCH,
    leaderEpoch,
  }));
  const { topics } = await offsetForLeaderEpochV4.api.async(connection, CONSUMER, [
    { name: topic, partitions },
  ]);
  return topics.flatMap((one) =>
    one.partitions.map(({ partition, leaderEpoch, endOffset }): [number, EpochEnd] => [
      partition,
      { leaderEpoch, end: Number(endOffset) },
    ]),
  );
}
