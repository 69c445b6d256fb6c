import type { EngineStatus } from '../service/readiness.ts';
import type { LocalReading, TopicReading } from './readings.ts';
import type { LiveSampleJson } from './schemas.ts';

const MAX_PARTITIONS = 100;

/** All readings of one moment. */
export interface Reading {
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly local: LocalReading;
  readonly engines: readonly EngineStatus[];
  /** The last one there is, and the one before it; undefined while an engine can't answer. */
  readonly topic: TimedTopic | undefined;
  readonly earlierTopic: TimedTopic | undefined;
}

export interface TimedTopic extends TopicReading {
  /** ms since the Unix epoch. */
  readonly readAt: number;
}

/** The difference of two readings, per second; without an earlier one all rates are 0. */
export function sampleOf(before: Reading | undefined, now: Reading): LiveSampleJson {
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
  const rate = (later: number, earlier: number | undefined): number =>
    perSecond(later - (earlier ?? later), seconds);
  const { generator, consumer, lookups, responses, process } = now.local;
  const then = before?.local;
  return {
    at: new Date(now.at).toISOString(),
    topic: topicOf(now.earlierTopic, now.topic),
    generator:
      generator === undefined
        ? null
        : {
            state: generator.state,
            sent: generator.sent,
            failed: generator.failed,
            in_flight: generator.inFlight,
            sent_per_s: rate(generator.sent, then?.generator?.sent),
            current_rate: round(generator.currentRate),
            late_ms: Math.round(generator.lateMs),
          },
    consumer:
      consumer === undefined
        ? null
        : {
            written: consumer.written,
            changed: consumer.changed,
            unchanged: consumer.unchanged,
            dead_lettered: consumer.deadLettered,
            batches: consumer.batches,
            stored_per_s: rate(storedBy(consumer), then?.consumer && storedBy(then.consumer)),
            dead_lettered_per_s: rate(consumer.deadLettered, then?.consumer?.deadLettered),
            batches_per_s: rate(consumer.batches, then?.consumer?.batches),
            partitions: [...consumer.partitions],
            waiting: consumer.waiting,
            rebuilds: consumer.rebuilds,
            lost: consumer.lost,
            readable_ms: quantiles(consumer.agesMs),
          },
    lookups: {
      l1_per_s: rate(lookups.l1, then?.lookups.l1),
      redis_per_s: rate(lookups.redis, then?.lookups.redis),
      postgresql_per_s: rate(lookups.postgresql, then?.lookups.postgresql),
      absent_per_s: rate(lookups.absent, then?.lookups.absent),
      failed_per_s: rate(lookups.failed, then?.lookups.failed),
    },
    http: {
      '2xx_per_s': rate(responses['2xx'], then?.responses['2xx']),
      '3xx_per_s': rate(responses['3xx'], then?.responses['3xx']),
      '4xx_per_s': rate(responses['4xx'], then?.responses['4xx']),
      '5xx_per_s': rate(responses['5xx'], then?.responses['5xx']),
    },
    engines: now.engines.map((engine) => ({ ...engine })),
    process: {
      rss_bytes: process.rssBytes,
      heap_bytes: process.heapBytes,
      cpu_percent: round(rate(process.cpuMs, then?.process.cpuMs) / 10),
      loop_delay_ms: round(process.loopDelayMs),
      uptime_s: Math.round(process.uptimeSeconds),
    },
  };
}

function storedBy({
  written,
  changed,
  unchanged,
}: {
  written: number;
  changed: number;
  unchanged: number;
}): number {
  return written + changed + unchanged;
}

function topicOf(before: TimedTopic | undefined, now: TimedTopic | undefined): LiveSampleJson['topic'] {
  if (now === undefined) return null;
  const seconds = before === undefined ? 0 : (now.readAt - before.readAt) / 1000;
  const earlier = new Map(before?.partitions.map((one) => [one.partition, one]));
  let [arrived, stored, lag, pending] = [0, 0, 0, 0];
  const partitions = now.partitions.map(({ partition, end, stableEnd, stored: offset }) => {
    const then = earlier.get(partition);
    arrived += end - (then?.end ?? end);
    stored += (offset ?? 0) - (then?.stored ?? offset ?? 0);
    const behind = Math.max(0, end - (offset ?? 0));
    // Of those behind: they can't be stored before another's transaction has ended.
    const waiting = Math.min(behind, Math.max(0, end - stableEnd));
    lag += behind;
    pending += waiting;
    return { partition, end, stored: offset ?? null, lag: behind, pending: waiting };
  });
  return {
    read_at: new Date(now.readAt).toISOString(),
    arrived_per_s: perSecond(arrived, seconds),
    stored_per_s: perSecond(stored, seconds),
    dead_lettered_per_s: perSecond(now.deadLetters - (before?.deadLetters ?? now.deadLetters), seconds),
    dead_letters: now.deadLetters,
    lag,
    pending,
    partitions: furthestBehind(partitions, MAX_PARTITIONS),
  };
}

/** Those furthest behind, by number: many samples are kept, so that each must stay small. */
export function furthestBehind<T extends { readonly partition: number; readonly lag: number }>(
  all: T[],
  most: number,
): T[] {
  if (all.length <= most) return all;
  return all
    .toSorted((a, b) => b.lag - a.lag)
    .slice(0, most)
    .sort((a, b) => a.partition - b.partition);
}

/** A topic that was made anew counts from 0 again: that is no negative rate. */
function perSecond(difference: number, seconds: number): number {
  return seconds <= 0 ? 0 : Math.max(0, round(difference / seconds));
}

function quantiles(values: readonly number[]): { p50: number; p99: number; count: number } | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.max(0, sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p99: at(0.99), count: sorted.length };
}

/** To a tenth. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
