import type { Timeline, TimelineRequest } from '../contract/letter.ts';
import { readLogPage } from '../kafka/read/log-page.ts';
import { LAST_INSTANT } from '../lib/rfc3339.ts';
import { parseLetter } from './letter.ts';
import { lettersSince, matches, type ReadableTopic, RecentIds } from './reading.ts';

const FIRST_INSTANT = -62_167_219_200_000;
/** How many letters back a second copy of one is recognised at least. */
const DEDUPLICATED = 20_000;

/**
 * Counts the letters of a range of time by reason and bucket, the newest first, in memory that depends on the buckets
 * only. What was written before the range is not read: Kafka says where it begins. Ends at `deadline` (by
 * `performance.now()`), and says so.
 */
export async function readTimeline(
  topic: ReadableTopic,
  { filter, bucketMs }: TimelineRequest,
  deadline: number,
): Promise<Timeline> {
  const since = Math.floor(filter.since / bucketMs) * bucketMs;
  const buckets = Math.max(1, Math.ceil((filter.until - since) / bucketMs));
  const counts = new Map<string, number[]>();
  const seen = new RecentIds(DEDUPLICATED);
  const oldest = new Map<number, number>();
  let total = 0;
  const { cut, rest } = await readLogPage(topic, await lettersSince(topic, since), {
    first: 'newest',
    limit: Number.POSITIVE_INFINITY,
    deadline,
    pick: (partition, record) => {
      const letter = parseLetter(topic.topicId, partition, record);
      oldest.set(partition, Math.min(oldest.get(partition) ?? letter.at, letter.at));
      if (matches({ ...filter, since }, letter) && seen.add(letter.id)) {
        const at = Math.floor((letter.at - since) / bucketMs);
        const ofReason = counts.get(letter.reason) ?? new Array<number>(buckets).fill(0);
        ofReason[at] = (ofReason[at] ?? 0) + 1;
        counts.set(letter.reason, ofReason);
        total += 1;
      }
      return undefined;
    },
  });
  const unread = [...rest].filter(([, { start, end }]) => start < end);
  const complete = Math.max(since, ...unread.map(([partition]) => oldest.get(partition) ?? filter.until));
  return {
    since: writable(since),
    until: writable(since + buckets * bucketMs),
    bucketMs,
    byReason: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    total,
    cut,
    completeSince: writable(Math.min(complete, filter.until)),
  };
}

/** RFC 3339 has the years 0 to 9999, and a bucket at their ends may reach beyond. */
function writable(ms: number): number {
  return Math.min(Math.max(FIRST_INSTANT, ms), LAST_INSTANT);
}
