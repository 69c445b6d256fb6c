import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { ConsumerMeter } from './consumer-meter.ts';
import { registerMetrics } from './metrics.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/metrics.md');

function setUp() {
  const registry = new Registry();
  const meter = new ConsumerMeter(registry);
  const counts = { lookups: { l1: 5, redis: 0 }, lag: new Map([['0', 7]]), pending: new Map([['0', 3]]) };
  registerMetrics(registry, {
    generator: () => ({ sent: 3, failed: 1, inFlight: 2, currentRate: 10, lateMs: 250 }),
    cache: { inUse: () => false, errors: () => ({ out_of_memory: 4 }) },
    consumer: {
      meter,
      status: () => ({ partitions: [0, 1], waiting: true, rebuilds: 1, lost: 9, cuts: 1, ignoredMoves: 2 }),
    },
    server: {
      lookups: () => counts.lookups,
      responses: () => ({ '2xx': 4 }),
      streams: () => 1,
      engines: async () => [
        { name: 'redis', status: 'down' },
        { name: 'kafka', status: 'up' },
      ],
      behind: (which) => counts[which],
      loopDelayMs: () => 12,
    },
  });
  return { registry, meter, counts };
}

test('docs/metrics.md has every metric, with its type and meaning, and no other', async () => {
  const exported = (await setUp().registry.getMetricsAsJSON()).map(({ name, type, help }) => `${name} ${type} ${help}`);
  const documented = readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^\| `(\w+)`[^|]*\| (\w+) +\| (.*?) +\|$/.exec(line);
      return match === null ? [] : [`${match[1]} ${match[2]} ${match[3]}`];
    });
  expect(documented.sort()).toEqual(exported.sort());
});

test('what is counted is read at each scrape, and read once', async () => {
  const { registry, meter, counts } = setUp();
  meter.add({
    records: 5,
    written: 3,
    unchanged: 0,
    changed: 1,
    scattered: 0,
    rejected: ['schema'],
    seconds: 0.03,
    agesMs: [40, 90],
    unmeasured: { redriven: 2, clock: 1 },
  });
  for (let scrape = 0; scrape < 2; scrape++) {
    const text = await registry.metrics();
    expect(text).toContain('test_service_stored_orders_total{outcome="written"} 3\n');
    expect(text).toContain('test_service_dead_letters_total{reason="schema"} 1\n');
    expect(text).toContain('test_service_cache_in_use 0\n');
    expect(text).toContain('test_service_cache_errors_total{kind="out_of_memory"} 4\n');
    expect(text).toContain('test_service_unmeasured_orders_total{reason="redriven"} 2\n');
    expect(text).toContain('test_service_transaction_seconds_bucket{le="0.05"} 1\n');
    expect(text).toContain('test_service_readable_seconds_count 2\n');
    expect(text).toContain('test_service_lookups_total{tier="l1"} 5\n');
    expect(text).toContain('test_service_engine_up{engine="redis"} 0\n');
    expect(text).toContain('test_service_lag_messages{partition="0"} 7\n');
    expect(text).toContain('test_service_producer_late_seconds 0.25\n');
    expect(text).toContain('test_service_storing_waits 1\n');
  }
  counts.lookups.l1 = 9;
  counts.lag.clear();
  const text = await registry.metrics();
  expect(text).toContain('test_service_lookups_total{tier="l1"} 9\n');
  expect(text).not.toContain('test_service_lag_messages{');
});

test('ages are handed out once, and only the newest are kept', () => {
  const { meter } = setUp();
  const batch = {
    records: 64,
    written: 64,
    unchanged: 0,
    changed: 0,
    scattered: 0,
    rejected: [],
    seconds: 0.01,
    unmeasured: {},
  };
  for (let at = 0; at < 100; at++) meter.add({ ...batch, agesMs: Array.from({ length: 64 }, () => at) });
  const ages = meter.takeAges();
  expect([ages.length, ages[0], ages.at(-1)]).toEqual([4_096, 36, 99]);
  expect(meter.takeAges()).toEqual([]);
});
