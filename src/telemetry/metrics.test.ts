import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConsumerMeter } from './consumer-meter.ts';
import { Distribution } from './distribution.ts';
import { metricsOf } from './metrics.ts';
import { MetricsPage } from './metrics-page.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/metrics.md');
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

function setUp() {
  const meter = new ConsumerMeter(['schema', 'not_json']);
  const lookups = { l1: 5, redis: 0 };
  const partitions = [{ partition: 0, end: 20, stored: 13, lag: 7, pending: 3 }];
  const distribution = new Distribution([0.001, 1]);
  distribution.note(0.0005);
  const labels = { method: 'GET', route: '/say "hi"', code: '200' };
  const metrics = metricsOf({
    version: '1.2.3',
    loopDelayMs: () => 12,
    readiness: async () => ({
      engines: [
        { name: 'redis', status: 'down' },
        { name: 'kafka', status: 'up' },
      ],
      roles: [{ name: 'consumer', status: 'not_ready' }],
    }),
    generator: () => ({ sent: 3, failed: 1, orders: 3, openOrders: 2, inFlight: 2, currentRate: 10, lateMs: 250 }),
    reader: () => ({
      rate: 5,
      distributions: { l1: distribution },
      failures: { timeout: 2, reset: 0 },
      stale: 1,
    }),
    consumer: {
      meter,
      status: () => ({
        partitions: [0, 1],
        waiting: true,
        rebuilds: 1,
        rebalances: 2,
        fenced: 0,
        lost: 9,
        cuts: 1,
        ignoredMoves: 2,
        oldestMs: new Map([[0, 1_500]]),
      }),
    },
    partitions: async () => partitions,
    cache: () => ({
      connected: true,
      troubled: true,
      errors: { out_of_memory: 4 },
      l1: { orders: 2, bytes: 4_096 },
      undelivered: 0,
    }),
    pools: () => ({ consumer: { calls: 5, most: 3 } }),
    server: { lookups: () => lookups, requests: () => [{ labels, distribution }], streams: () => 1 },
  });
  return { metrics, meter, lookups, partitions, distribution, page: new MetricsPage(metrics) };
}

const batch = {
  records: 5,
  written: 3,
  unchanged: 0,
  changed: 1,
  scattered: 0,
  rejected: ['schema'],
  seconds: 0.03,
  agesMs: [40, 90],
  unmeasured: { redriven: 2, clock: 1 },
};

test('docs/metrics.md has every metric, with its type and meaning, and no other', () => {
  const exported = setUp().metrics.map(({ name, type, help }) => `${name} ${type} ${help}`);
  const documented = readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^\| `(\w+)`[^|]*\| (\w+) +\| (.*?) +\|$/.exec(line);
      return match === null ? [] : [`${match[1]} ${match[2]} ${match[3]}`];
    });
  expect(documented.sort()).toEqual(exported.sort());
});

test('what is counted is read at each scrape, and read once', async () => {
  const { page, meter, lookups, partitions } = setUp();
  meter.add(batch);
  for (let scrape = 0; scrape < 2; scrape++) {
    const { contentType, text } = await page.render(null);
    expect(contentType).toStartWith('text/plain');
    expect(text).toContain('test_service_stored_orders_total{outcome="written"} 3\n');
    expect(text).toContain('test_service_dead_letters_total{reason="schema"} 1\n');
    // A rate of what has not happened yet must not be unknown.
    expect(text).toContain('test_service_dead_letters_total{reason="not_json"} 0\n');
    expect(text).toContain('test_service_cache_in_use 0\n');
    expect(text).toContain('test_service_cache_errors_total{kind="out_of_memory"} 4\n');
    expect(text).toContain('test_service_unmeasured_orders_total{reason="redriven"} 2\n');
    expect(text).toContain('test_service_transaction_seconds_bucket{le="0.05"} 1\n');
    expect(text).toContain('test_service_readable_seconds_bucket{le="1.0"} 2\n');
    expect(text).toContain('test_service_readable_seconds_count 2\n');
    expect(text).toContain('test_service_batch_messages_sum 5\n');
    expect(text).toContain('test_service_consumed_records_total 5\n');
    expect(text).toContain('test_service_lookups_total{tier="l1"} 5\n');
    expect(text).toContain('test_service_engine_up{engine="redis"} 0\n');
    expect(text).toContain('test_service_role_ready{role="consumer"} 0\n');
    expect(text).toContain('test_service_lag_messages{partition="0"} 7\n');
    expect(text).toContain('test_service_lag_seconds{partition="0"} 1.5\n');
    expect(text).toContain('test_service_producer_late_seconds 0.25\n');
    expect(text).toContain('test_service_reader_request_seconds_count{tier="l1"} 1\n');
    expect(text).toContain('test_service_reader_failures_total{kind="reset"} 0\n');
    expect(text).toContain('test_service_reader_stale_answers_total 1\n');
    expect(text).toContain('test_service_postgresql_calls_waiting{pool="consumer"} 2\n');
    expect(text).toContain(
      'test_service_http_request_duration_seconds_bucket{method="GET",route="/say \\"hi\\"",code="200",le="+Inf"} 1\n',
    );
  }
  lookups.l1 = 9;
  partitions.length = 0;
  const { text } = await page.render(null);
  expect(text).toContain('test_service_lookups_total{tier="l1"} 9\n');
  expect(text).not.toContain('test_service_lag_messages{');
});

test('OpenMetrics is given to whoever accepts it, with the traces of values', async () => {
  const { page, meter } = setUp();
  meter.add(batch, TRACE);
  const { contentType, text } = await page.render('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
  expect(contentType).toStartWith('application/openmetrics-text');
  expect(text).toContain('# TYPE test_service_batches counter\ntest_service_batches_total 1\n');
  expect(text).toMatch(
    new RegExp(`^test_service_transaction_seconds_bucket{le="0.05"} 1 # {trace_id="${TRACE}"} 0.03 [0-9.]+$`, 'm'),
  );
  expect(text).toEndWith('\n# EOF\n');
  const plain = await page.render('application/openmetrics-text;q=0, text/plain');
  expect([plain.contentType.split(';')[0], plain.text.includes(TRACE)]).toEqual(['text/plain', false]);
});

test('a metric that can not be read is left out, and the others are there', async () => {
  const broken = {
    name: 'broken',
    type: 'gauge',
    help: 'Broken',
    read: () => Promise.reject(new Error('away')),
  } as const;
  const { text } = await new MetricsPage([broken, { name: 'up', type: 'gauge', help: 'Up', read: () => 1 }]).render('');
  expect(text).toBe('# HELP up Up\n# TYPE up gauge\nup 1\n');
});

test('ages are handed out once, and only the newest are kept', () => {
  const { meter } = setUp();
  for (let at = 0; at < 100; at++) meter.add({ ...batch, agesMs: Array.from({ length: 64 }, () => at) });
  const ages = meter.takeAges();
  expect([ages.length, ages[0], ages.at(-1)]).toEqual([4_096, 36, 99]);
  expect(meter.takeAges()).toEqual([]);
});
