import { furthestBehind, round } from './sample.ts';
import type { LiveSampleJson } from './schemas.ts';

/** Of older samples only so many partitions are kept. */
const MAX_PARTITIONS = 16;

/**
 * Several samples as one, dated as the last of them: rates are their means, latencies and delays the worst, all else is as it was at the
 * end. Undefined for none.
 */
export function meanSample(samples: readonly LiveSampleJson[]): LiveSampleJson | undefined {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const { topic, generator, consumer, process } = last;
  const topics = samples.flatMap((one) => one.topic ?? []);
  const generators = samples.flatMap((one) => one.generator ?? []);
  const consumers = samples.flatMap((one) => one.consumer ?? []);
  const lookups = (of: keyof LiveSampleJson['lookups']) => mean(samples, (one) => one.lookups[of]);
  const http = (of: keyof LiveSampleJson['http']) => mean(samples, (one) => one.http[of]);
  return {
    ...last,
    topic: topic && {
      ...topic,
      arrived_per_s: mean(topics, (one) => one.arrived_per_s),
      stored_per_s: mean(topics, (one) => one.stored_per_s),
      dead_lettered_per_s: mean(topics, (one) => one.dead_lettered_per_s),
      lag: Math.max(...topics.map(({ lag }) => lag)),
      pending: Math.max(...topics.map(({ pending }) => pending)),
      partitions: furthestBehind(topic.partitions, MAX_PARTITIONS),
    },
    generator: generator && { ...generator, sent_per_s: mean(generators, (one) => one.sent_per_s) },
    consumer: consumer && {
      ...consumer,
      stored_per_s: mean(consumers, (one) => one.stored_per_s),
      dead_lettered_per_s: mean(consumers, (one) => one.dead_lettered_per_s),
      batches_per_s: mean(consumers, (one) => one.batches_per_s),
      readable_ms: worst(consumers.flatMap(({ readable_ms }) => readable_ms ?? [])),
    },
    lookups: {
      l1_per_s: lookups('l1_per_s'),
      redis_per_s: lookups('redis_per_s'),
      postgresql_per_s: lookups('postgresql_per_s'),
      absent_per_s: lookups('absent_per_s'),
      failed_per_s: lookups('failed_per_s'),
    },
    http: {
      '2xx_per_s': http('2xx_per_s'),
      '3xx_per_s': http('3xx_per_s'),
      '4xx_per_s': http('4xx_per_s'),
      '5xx_per_s': http('5xx_per_s'),
    },
    process: {
      ...process,
      cpu_percent: mean(samples, (one) => one.process.cpu_percent),
      loop_delay_ms: Math.max(...samples.map((one) => one.process.loop_delay_ms)),
    },
  };
}

type ReadableMs = NonNullable<NonNullable<LiveSampleJson['consumer']>['readable_ms']>;

function worst(spans: readonly ReadableMs[]): ReadableMs | null {
  if (spans.length === 0) return null;
  return {
    p50: Math.max(...spans.map(({ p50 }) => p50)),
    p99: Math.max(...spans.map(({ p99 }) => p99)),
    count: spans.reduce((sum, { count }) => sum + count, 0),
  };
}

function mean<T>(all: readonly T[], of: (one: T) => number): number {
  return round(all.reduce((sum, one) => sum + of(one), 0) / all.length);
}
