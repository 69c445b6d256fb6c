import type { LiveSampleJson } from '../../src/server/api/live/sample.ts';

/** A sample of some second; with `lags`, of a topic with that many partitions. */
export function liveSample(second: number, { lags }: { readonly lags?: readonly number[] } = {}): LiveSampleJson {
  const at = new Date(second * 1000).toISOString();
  const partitions = lags?.map((lag, partition) => ({
    partition,
    end: 1_000 + lag,
    stored: 1_000,
    lag,
    pending: 0,
  }));
  return {
    at,
    topic: partitions
      ? {
          read_at: at,
          arrived_per_s: 10,
          stored_per_s: 10,
          dead_lettered_per_s: 0,
          dead_letters: 0,
          lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
          pending: 0,
          partitions,
        }
      : null,
    generator: null,
    consumer: null,
    reader: { state: 'stopped', answered_per_s: 0, failed_per_s: 0, stale: 0, latency_ms: null },
    lookups: { l1_per_s: 1, redis_per_s: 2, postgresql_per_s: 3, absent_per_s: 4, failed_per_s: 5 },
    http: { '2xx_per_s': 1, '3xx_per_s': 0, '4xx_per_s': 7, '5xx_per_s': 8 },
    engines: [],
    process: { rss_bytes: 1, heap_bytes: 1, cpu_percent: 0, loop_delay_ms: 0, uptime_s: 1 },
  };
}
