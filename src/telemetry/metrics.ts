import type { Distribution } from './distribution.ts';
import { counter, gauge, type Metric } from './metrics-page.ts';
import { type PipeSources, pipeMetrics } from './pipe-metrics.ts';
import { processMetrics } from './process-health.ts';

/** Counters and states of this process, read at each scrape; undefined: the process has no such part. */
export interface MetricSources extends PipeSources {
  readonly version: string;
  /** The longest delay of the event loop, ms. */
  readonly loopDelayMs: () => number;
  /** Never rejects, bounded in time. */
  readonly readiness: () => Promise<{
    readonly engines: readonly { readonly name: string; readonly status: 'up' | 'down' }[];
    readonly roles: readonly { readonly name: string; readonly status: 'ready' | 'not_ready' }[];
  }>;
  readonly cache?: (() => CacheFigures) | undefined;
  /** Sessions with PostgreSQL, by pool. */
  readonly pools?: (() => Readonly<Record<string, PoolFigures>>) | undefined;
  readonly server?:
    | {
        lookups(): Readonly<Record<string, number>>;
        requests(): readonly {
          readonly labels: Readonly<Record<string, string>>;
          readonly distribution: Distribution;
        }[];
        streams(): number;
      }
    | undefined;
}

interface CacheFigures {
  /** Commands are sent to Redis. */
  readonly connected: boolean;
  /** Redis is not in use, or takes no orders. */
  readonly troubled: boolean;
  readonly errors: Readonly<Record<string, number>>;
  readonly l1: { readonly orders: number; readonly bytes: number };
  /** Orders to forget that Redis has not acknowledged, at least. */
  readonly undelivered: number;
}

export interface PoolFigures {
  /** Calls under way. */
  readonly calls: number;
  /** Most sessions. */
  readonly most: number;
}

/** Every metric of a process with these parts. */
export function metricsOf(sources: MetricSources): Metric[] {
  return [
    ...pipeMetrics(sources),
    ...cacheMetrics(sources.cache),
    ...poolMetrics(sources.pools),
    ...serverMetrics(sources.server),
    ...readinessMetrics(sources.readiness),
    ...processMetrics(sources.version, sources.loopDelayMs),
  ];
}

function cacheMetrics(cache: MetricSources['cache']): Metric[] {
  if (cache === undefined) return [];
  return [
    gauge('cache_in_use', '1 while Redis is in use, 0 while it can’t be used or takes no orders', () =>
      cache().troubled ? 0 : 1,
    ),
    gauge('cache_breaker_open', '1 while nothing is asked of Redis: the connection is lost, or given up', () =>
      cache().connected ? 0 : 1,
    ),
    counter(
      'cache_errors_total',
      'Commands that Redis refused, and connections to it that failed, by kind',
      () => cache().errors,
      'kind',
    ),
    gauge('l1_bytes', 'Memory of the orders kept in this process', () => cache().l1.bytes),
    gauge('l1_orders', 'Orders kept in this process', () => cache().l1.orders),
    gauge(
      'pending_invalidations',
      'Changed orders that Redis has still to forget, at least; this process does not use its copies meanwhile',
      () => cache().undelivered,
    ),
  ];
}

function poolMetrics(pools: MetricSources['pools']): Metric[] {
  if (pools === undefined) return [];
  const each = (name: string, help: string, pick: (one: PoolFigures) => number) =>
    gauge(
      name,
      help,
      () => Object.fromEntries(Object.entries(pools()).map(([pool, one]) => [pool, pick(one)])),
      'pool',
    );
  return [
    each('postgresql_sessions_in_use', 'Sessions with PostgreSQL that are busy, by pool', ({ calls, most }) =>
      Math.min(calls, most),
    ),
    each('postgresql_calls_waiting', 'Calls that wait for a session with PostgreSQL, by pool', ({ calls, most }) =>
      Math.max(0, calls - most),
    ),
    each('postgresql_sessions_limit', 'Most sessions with PostgreSQL, by pool', ({ most }) => most),
  ];
}

function serverMetrics(server: MetricSources['server']): Metric[] {
  if (server === undefined) return [];
  return [
    counter(
      'lookups_total',
      'Lookups by the tier that answered; absent: there is no such order; failed: nobody could tell',
      () => server.lookups(),
      'tier',
    ),
    {
      name: 'test_service_http_request_duration_seconds',
      type: 'histogram',
      help: 'Time until the response to a request begins, by method, route and status',
      read: () => server.requests(),
    },
    gauge('event_streams', 'Open streams of server-sent events', () => server.streams()),
  ];
}

function readinessMetrics(readiness: MetricSources['readiness']): Metric[] {
  return [
    gauge(
      'engine_up',
      '1 when the engine does what it is needed for, 0 when it does not',
      async () => Object.fromEntries((await readiness()).engines.map((one) => [one.name, one.status === 'up' ? 1 : 0])),
      'engine',
    ),
    gauge(
      'role_ready',
      '1 when the consumer or the producer of this process does its work, 0 when it does not',
      async () =>
        Object.fromEntries((await readiness()).roles.map((one) => [one.name, one.status === 'ready' ? 1 : 0])),
      'role',
    ),
  ];
}
