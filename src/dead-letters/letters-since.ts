import type { LogRange } from '../kafka/read/order-log.ts';
import type { ReadableTopic } from './ports.ts';

/** A letter's record may be a little older than its `dl-at` where the clocks of consumer and broker differ. */
const CLOCK_SLACK_MS = 60_000;

/** Where the letters of an instant (ms since the Unix epoch) or a later one are, and few others: Kafka says where they begin. */
export async function lettersSince(topic: ReadableTopic, at: number): Promise<Map<number, LogRange>> {
  const starts = await topic.offsetsAt(at - CLOCK_SLACK_MS);
  return new Map(
    [...(await topic.ranges())].map(([partition, { start, end }]) => [
      partition,
      { start: Math.max(start, starts.get(partition) ?? end), end },
    ]),
  );
}
