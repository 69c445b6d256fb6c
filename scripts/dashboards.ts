import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A panel: its title, the unit of its values, and its expressions with the text of their legend. */
interface PanelSpec {
  readonly title: string;
  readonly unit: 'short' | 'ops' | 's' | 'bytes' | 'percentunit' | 'bool';
  readonly lines: Readonly<Record<string, string>>;
}

const quantile = (share: number, histogram: string): string =>
  `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket[$__rate_interval])))`;
const rate = (by: string, counter: string): string => `sum by (${by}) (rate(${counter}[$__rate_interval]))`;
const LOOKUPS = 'test_service_http_request_duration_seconds_bucket{route="/api/v1/orders/{order_uid}"}';

/** The dashboards by name: what a service does for its clients, how orders flow, and how the engines are. */
const DASHBOARDS: Readonly<Record<string, readonly PanelSpec[]>> = {
  service: [
    {
      title: 'Requests by status',
      unit: 'ops',
      lines: { '{{code}}': rate('code', 'test_service_http_request_duration_seconds_count') },
    },
    {
      title: 'Time of a lookup',
      unit: 's',
      lines: Object.fromEntries(
        [0.5, 0.9, 0.99].map((share) => [
          `p${share * 100}`,
          `histogram_quantile(${share}, sum by (le) (rate(${LOOKUPS}[$__rate_interval])))`,
        ]),
      ),
    },
    {
      title: 'Slowest routes (p99)',
      unit: 's',
      lines: {
        '{{method}} {{route}}':
          'topk(5, histogram_quantile(0.99, sum by (le, method, route) (rate(test_service_http_request_duration_seconds_bucket[$__rate_interval]))))',
      },
    },
    { title: 'Lookups by tier', unit: 'ops', lines: { '{{tier}}': rate('tier', 'test_service_lookups_total') } },
    {
      title: 'Readers: answers, failures, stale answers',
      unit: 'ops',
      lines: {
        '{{tier}}': rate('tier', 'test_service_reader_request_seconds_count'),
        '{{kind}}': rate('kind', 'test_service_reader_failures_total'),
        stale: 'sum(rate(test_service_reader_stale_answers_total[$__rate_interval]))',
      },
    },
    {
      title: 'Orders in memory',
      unit: 'bytes',
      lines: { '{{instance}}': 'test_service_l1_bytes' },
    },
    {
      title: 'Redis: in use, breaker open',
      unit: 'bool',
      lines: {
        'in use {{instance}}': 'test_service_cache_in_use',
        'breaker open {{instance}}': 'test_service_cache_breaker_open',
      },
    },
    { title: 'Errors of Redis', unit: 'ops', lines: { '{{kind}}': rate('kind', 'test_service_cache_errors_total') } },
    {
      title: 'Invalidations to deliver',
      unit: 'short',
      lines: { '{{instance}}': 'test_service_pending_invalidations' },
    },
    { title: 'Event loop', unit: 's', lines: { '{{instance}}': 'test_service_event_loop_delay_seconds' } },
    { title: 'CPU', unit: 'percentunit', lines: { '{{instance}}': rate('instance', 'process_cpu_seconds_total') } },
    { title: 'Memory', unit: 'bytes', lines: { '{{instance}}': 'process_resident_memory_bytes' } },
    {
      title: 'Open streams, files',
      unit: 'short',
      lines: { 'streams {{instance}}': 'test_service_event_streams', 'files {{instance}}': 'process_open_fds' },
    },
  ],
  pipe: [
    {
      title: 'Messages produced and consumed',
      unit: 'ops',
      lines: {
        'produced: {{result}}': rate('result', 'test_service_produced_messages_total'),
        consumed: 'sum(rate(test_service_consumed_records_total[$__rate_interval]))',
      },
    },
    {
      title: 'Orders stored',
      unit: 'ops',
      lines: {
        '{{outcome}}': rate('outcome', 'test_service_stored_orders_total'),
        expired: 'sum(rate(test_service_expired_orders_total[$__rate_interval]))',
      },
    },
    { title: 'Dead letters', unit: 'ops', lines: { '{{reason}}': rate('reason', 'test_service_dead_letters_total') } },
    {
      title: 'Lag, messages',
      unit: 'short',
      lines: {
        'partition {{partition}}': 'max by (partition) (test_service_lag_messages)',
        'behind open transactions': 'sum(max by (partition) (test_service_pending_messages))',
      },
    },
    {
      title: 'Lag, age of the oldest message',
      unit: 's',
      lines: { 'partition {{partition}}': 'max by (partition) (test_service_lag_seconds)' },
    },
    {
      title: 'From production to readable',
      unit: 's',
      lines: {
        p50: quantile(0.5, 'test_service_readable_seconds'),
        p99: quantile(0.99, 'test_service_readable_seconds'),
      },
    },
    {
      title: 'Time of a transaction',
      unit: 's',
      lines: {
        p50: quantile(0.5, 'test_service_transaction_seconds'),
        p99: quantile(0.99, 'test_service_transaction_seconds'),
      },
    },
    {
      title: 'Messages of a batch',
      unit: 'short',
      lines: { p50: quantile(0.5, 'test_service_batch_messages'), p99: quantile(0.99, 'test_service_batch_messages') },
    },
    {
      title: 'Log end and stored offset',
      unit: 'short',
      lines: {
        'end {{partition}}': 'max by (partition) (test_service_log_end_offset)',
        'stored {{partition}}': 'max by (partition) (test_service_stored_offset)',
      },
    },
    {
      title: 'Rebalances, rebuilt clients, fenced batches',
      unit: 'short',
      lines: {
        rebalances: 'sum(increase(test_service_rebalances_total[$__rate_interval]))',
        rebuilt: 'sum(increase(test_service_kafka_client_rebuilds_total[$__rate_interval]))',
        fenced: 'sum(increase(test_service_fenced_batches_total[$__rate_interval]))',
      },
    },
    {
      title: 'Lost messages, cut logs, ignored moves',
      unit: 'short',
      lines: {
        lost: 'sum(test_service_lost_messages_total)',
        cuts: 'sum(test_service_log_cuts_total)',
        'ignored moves': 'max(test_service_ignored_offset_moves)',
      },
    },
    {
      title: 'Generator: in flight, late',
      unit: 'short',
      lines: {
        'in flight {{instance}}': 'test_service_producer_in_flight_messages',
        'late, s {{instance}}': 'test_service_producer_late_seconds',
      },
    },
  ],
  engines: [
    { title: 'Processes that answer', unit: 'bool', lines: { '{{instance}}': 'up{job=~".*test-service.*"}' } },
    { title: 'Engines', unit: 'bool', lines: { '{{engine}} of {{instance}}': 'test_service_engine_up' } },
    {
      title: 'Roles that do their work',
      unit: 'bool',
      lines: { '{{role}} of {{instance}}': 'test_service_role_ready' },
    },
    { title: 'Storing waits', unit: 'bool', lines: { '{{instance}}': 'test_service_storing_waits' } },
    {
      title: 'Sessions with PostgreSQL',
      unit: 'short',
      lines: {
        'in use: {{pool}} of {{instance}}': 'test_service_postgresql_sessions_in_use',
        'limit: {{pool}} of {{instance}}': 'test_service_postgresql_sessions_limit',
      },
    },
    {
      title: 'Calls that wait for a session',
      unit: 'short',
      lines: { '{{pool}} of {{instance}}': 'test_service_postgresql_calls_waiting' },
    },
    {
      title: 'Partitions of each consumer',
      unit: 'short',
      lines: { '{{instance}}': 'test_service_assigned_partitions' },
    },
    { title: 'Versions', unit: 'short', lines: { '{{version}}': 'count by (version) (test_service_build_info)' } },
  ],
};

const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 8;

/** The files of the dashboards by name, for Grafana 10 and later. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(DASHBOARDS).map(([name, panels]) => {
      const head = {
        uid: `test-service-${name}`,
        title: `Test Service: ${name}`,
        tags: ['test-service'],
        schemaVersion: 39,
        refresh: '10s',
        time: { from: 'now-30m', to: 'now' },
        templating: { list: [{ name: 'source', label: 'Data source', type: 'datasource', query: 'prometheus' }] },
      };
      // A panel a line: changes of one are easy to see.
      const lines = panels.map((one, at) => JSON.stringify(panel(one, at))).join(',\n');
      return [`${name}.json`, `${JSON.stringify(head).slice(0, -1)},"panels":[\n${lines}\n]}\n`];
    }),
  );
}

function panel({ title, unit, lines }: PanelSpec, at: number) {
  return {
    id: at + 1,
    type: 'timeseries',
    title,
    datasource: { type: 'prometheus', uid: '$source' },
    gridPos: { x: (at % COLUMNS) * WIDTH, y: Math.floor(at / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: Object.entries(lines).map(([legendFormat, expr], line) => ({
      refId: String.fromCharCode(65 + line),
      expr,
      legendFormat,
      exemplar: expr.includes('_bucket'),
    })),
  };
}

if (import.meta.main)
  for (const [name, text] of dashboardFiles())
    writeFileSync(fileURLToPath(new URL(`../deploy/grafana/dashboards/${name}`, import.meta.url)), text);
