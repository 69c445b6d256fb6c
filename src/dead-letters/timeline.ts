import { readLogPage } from '../kafka/read/log-page.ts';
import { LAST_INSTANT } from '../lib/rfc3339.ts';
import { type LetterFilter, matches } from './filter.ts';
import { parseLetter } from './letter.ts';
import { lettersSince } from './letters-since.ts';
import type { ReadableTopic } from './ports.ts';
import { RecentIds } from './recent-ids.ts';

/** Which letters are counted, and how finely; instants and lengths in ms. */
export interface TimelineRequest {
  /** `since` and `until` must be there: rejected then or later, and before. */
  readonly filter: LetterFilter & { readonly since: number; readonly until: number };
  readonly bucketMs: number;
}

export interface Timeline {
  /** RFC 3339: where the first bucket begins and the last one ends. */
  readonly since: string;
  readonly until: string;
  readonly bucket_ms: number;
  /** Letters in each bucket, oldest first, by reason. */
  readonly by_reason: Readonly<Record<string, readonly number[]>>;
  readonly total: number;
  /** The time was up: before `complete_since` some are missing. */
  readonly cut: boolean;
  readonly complete_since: string;
}

const FIRST_INSTANT = -62_167_219_200_000;
/** How many letters back a second copy of one is recognised at least. */
const DEDUPLICATED = 20_000;

/**
 * Counts the letters of a range of time by reason and bucket, the newest first, in memory that depends on the buckets only. What was written before the range is
 * not read: Kafka says where it begins. Ends at `deadline` (by `performance.now()`), and says so.
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
    since: instantText(since),
    until: instantText(since + buckets * bucketMs),
    bucket_ms: bucketMs,
    by_reason: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    total,
    cut,
    complete_since: instantText(Math.min(complete, filter.until)),
  };
}

/** RFC 3339 has the years 0 to 9999, and a bucket at their ends may reach beyond. */
function instantText(ms: number): string {
  return new Date(Math.min(Math.max(FIRST_INSTANT, ms), LAST_INSTANT)).toISOString();
}
