import type { LiveSample } from '../../../client/schema.generated.ts';

/** An hour of seconds. */
const MOST_POINTS = 3_600;

/** What the charts draw of a sample; null where nothing is known. */
export interface Point {
  /** Unix seconds. */
  readonly at: number;
  readonly produced: number | null;
  readonly stored: number | null;
  readonly deadLettered: number | null;
  readonly lag: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly l1: number;
  readonly redis: number;
  readonly postgresql: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
}

export function pointOf({ at, topic, consumer, lookups, http }: LiveSample): Point {
  return {
    at: at / 1000,
    produced: topic?.arrived_per_s ?? null,
    stored: topic?.stored_per_s ?? null,
    deadLettered: topic?.dead_lettered_per_s ?? null,
    lag: topic?.lag ?? null,
    p50: consumer?.readable_ms?.p50 ?? null,
    p99: consumer?.readable_ms?.p99 ?? null,
    l1: lookups.l1_per_s,
    redis: lookups.redis_per_s,
    postgresql: lookups.postgresql_per_s,
    clientErrors: http['4xx_per_s'],
    serverErrors: http['5xx_per_s'],
  };
}

/** Adds what is newer than the last point, and forgets what is older than an hour: the array never grows beyond that. */
export function addPoints(points: readonly Point[], samples: readonly LiveSample[]): readonly Point[] {
  const last = points.at(-1)?.at ?? 0;
  const added = samples.map(pointOf).filter(({ at }) => at > last);
  return added.length === 0 ? points : [...points, ...added].slice(-MOST_POINTS);
}
