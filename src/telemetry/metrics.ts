import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConsumerMeter } from './consumer-meter.ts';
import { memoryUsage } from './process-health.ts';

/** Counters and states of this process, read at each scrape. */
export interface MetricSources {
  readonly generator?:
    | (() => { sent: number; failed: number; inFlight: number; currentRate: number; lateMs: number })
    | undefined;
  readonly consumer?:
    | {
        readonly meter: ConsumerMeter;
        status(): {
          partitions: readonly number[];
          waiting: boolean;
          rebuilds: number;
          lost: number;
          cuts: number;
          ignoredMoves: number;
        };
      }
    | undefined;
  readonly cache?:
    | {
        /** False while Redis is not in use or takes no orders. */
        inUse(): boolean;
        errors(): Readonly<Record<string, number>>;
      }
    | undefined;
  readonly server?:
    | {
        lookups(): Readonly<Record<string, number>>;
        responses(): Readonly<Record<string, number>>;
        streams(): number;
        engines(): Promise<readonly { name: string; status: 'up' | 'down' }[]>;
        /** Messages not stored yet, or those of them behind an open transaction, by partition; empty while unknown. */
        behind(which: 'lag' | 'pending'): ReadonlyMap<string, number>;
        /** The longest delay of the last second. */
        loopDelayMs(): number;
      }
    | undefined;
}

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly label?: string;
  /** Label value → value; one value under `''` without a label. */
  read(): Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
}

/** Registers the sources' metrics. Each scrape reads them: nothing is counted twice, and nothing runs in between. */
export function registerMetrics(registry: Registry, sources: MetricSources): void {
  for (const metric of [
    ...generatorMetrics(sources.generator),
    ...consumerMetrics(sources.consumer),
    ...cacheMetrics(sources.cache),
    ...serverMetrics(sources.server),
    ...processMetrics(),
  ])
    register(registry, metric);
}

function register(registry: Registry, { name, type, help, label, read }: Metric): void {
  const labelNames = label === undefined ? [] : [label];
  const labelsOf = (value: string): Record<string, string> => (label === undefined ? {} : { [label]: value });
  const Kind = type === 'gauge' ? Gauge : Counter;
  const metric = new Kind({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: async () => {
      const values = await read();
      metric.reset();
      for (const [value, number] of Object.entries(values)) metric.inc(labelsOf(value), number);
    },
  });
}

function generatorMetrics(status: MetricSources['generator']): Metric[] {
  if (status === undefined) return [];
  return [
    {
      name: 'test_service_produced_messages_total',
      type: 'counter',
      help: 'Messages of the generator, by what became of them',
      label: 'result',
      read: () => ({ sent: status().sent, failed: status().failed }),
    },
    {
      name: 'test_service_producer_in_flight_messages',
      type: 'gauge',
      help: 'Messages of the generator that wait for their acknowledgement',
      read: () => ({ '': status().inFlight }),
    },
    {
      name: 'test_service_producer_rate',
      type: 'gauge',
      help: 'Messages per second the generator is to send now; 0 when it does not run',
      read: () => ({ '': status().currentRate }),
    },
    {
      name: 'test_service_producer_late_seconds',
      type: 'gauge',
      help: 'How far the generator is behind its schedule',
      read: () => ({ '': status().lateMs / 1000 }),
    },
  ];
}

function consumerMetrics(consumer: MetricSources['consumer']): Metric[] {
  if (consumer === undefined) return [];
  const { meter } = consumer;
  const status = () => consumer.status();
  return [
    {
      name: 'test_service_stored_orders_total',
      type: 'counter',
      help: 'Orders of committed batches: new ones, identical ones, and ones that replaced another',
      label: 'outcome',
      read: () => ({ ...meter.outcomes }),
    },
    {
      name: 'test_service_scattered_orders_total',
      type: 'counter',
      help: 'Orders of committed batches that another partition has a version of, too',
      read: () => ({ '': meter.scattered }),
    },
    {
      name: 'test_service_dead_letters_total',
      type: 'counter',
      help: 'Messages sent to the dead-letter topic, by reason',
      label: 'reason',
      read: () => Object.fromEntries(meter.rejected),
    },
    {
      name: 'test_service_unmeasured_orders_total',
      type: 'counter',
      help: 'Orders whose age is no latency: redriven, repeated, or by a clock that can’t be right',
      label: 'reason',
      read: () => Object.fromEntries(meter.unmeasured),
    },
    {
      name: 'test_service_batches_total',
      type: 'counter',
      help: 'Transactions committed',
      read: () => ({ '': meter.batches }),
    },
    {
      name: 'test_service_consumed_records_total',
      type: 'counter',
      help: 'Records of committed batches',
      read: () => ({ '': meter.records }),
    },
    {
      name: 'test_service_assigned_partitions',
      type: 'gauge',
      help: 'Partitions this consumer has',
      read: () => ({ '': status().partitions.length }),
    },
    {
      name: 'test_service_storing_waits',
      type: 'gauge',
      help: '1 while batches wait for PostgreSQL or the dead-letter topic',
      read: () => ({ '': status().waiting ? 1 : 0 }),
    },
    {
      name: 'test_service_kafka_client_rebuilds_total',
      type: 'counter',
      help: 'How often the consumer’s Kafka client was replaced',
      read: () => ({ '': status().rebuilds }),
    },
    {
      name: 'test_service_lost_messages_total',
      type: 'counter',
      help: 'Offsets that were gone from the log before they could be read',
      read: () => ({ '': status().lost }),
    },
    {
      name: 'test_service_log_cuts_total',
      type: 'counter',
      help: 'How often a partition’s log had been cut below what was stored of it, and reading continued there',
      read: () => ({ '': status().cuts }),
    },
    {
      name: 'test_service_ignored_offset_moves',
      type: 'gauge',
      help: 'Partitions whose offset was moved by hand in Kafka, in vain, and nowhere where it counts',
      read: () => ({ '': status().ignoredMoves }),
    },
  ];
}

function cacheMetrics(cache: MetricSources['cache']): Metric[] {
  if (cache === undefined) return [];
  return [
    {
      name: 'test_service_cache_in_use',
      type: 'gauge',
      help: '1 while Redis is in use, 0 while it can’t be used or takes no orders',
      read: () => ({ '': cache.inUse() ? 1 : 0 }),
    },
    {
      name: 'test_service_cache_errors_total',
      type: 'counter',
      help: 'Commands that Redis refused, and connections to it that failed, by kind',
      label: 'kind',
      read: () => cache.errors(),
    },
  ];
}

function serverMetrics(server: MetricSources['server']): Metric[] {
  if (server === undefined) return [];
  return [
    {
      name: 'test_service_lookups_total',
      type: 'counter',
      help: 'Lookups by the tier that answered; absent: there is no such order; failed: nobody could tell',
      label: 'tier',
      read: () => server.lookups(),
    },
    {
      name: 'test_service_http_responses_total',
      type: 'counter',
      help: 'HTTP responses by the class of their status',
      label: 'class',
      read: () => server.responses(),
    },
    {
      name: 'test_service_event_streams',
      type: 'gauge',
      help: 'Open streams of server-sent events',
      read: () => ({ '': server.streams() }),
    },
    {
      name: 'test_service_engine_up',
      type: 'gauge',
      help: '1 when the engine does what it is needed for, 0 when it does not',
      label: 'engine',
      read: async () =>
        Object.fromEntries((await server.engines()).map(({ name, status }) => [name, status === 'up' ? 1 : 0])),
    },
    {
      name: 'test_service_lag_messages',
      type: 'gauge',
      help: 'Messages of the orders topic that are not stored yet, by partition; a few seconds old at most',
      label: 'partition',
      read: () => Object.fromEntries(server.behind('lag')),
    },
    {
      name: 'test_service_pending_messages',
      type: 'gauge',
      help: 'Of the lag: messages that wait behind an open transaction, by partition',
      label: 'partition',
      read: () => Object.fromEntries(server.behind('pending')),
    },
    {
      name: 'test_service_event_loop_delay_seconds',
      type: 'gauge',
      help: 'The longest a timer waited for the event loop in the last second',
      read: () => ({ '': server.loopDelayMs() / 1000 }),
    },
  ];
}

function processMetrics(): Metric[] {
  return [
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'Resident memory size in bytes',
      read: () => ({ '': memoryUsage().rss }),
    },
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'Total user and system CPU time spent in seconds',
      read: () => {
        const { user, system } = process.cpuUsage();
        return { '': (user + system) / 1e6 };
      },
    },
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      help: 'Start time of the process since the Unix epoch in seconds',
      read: () => ({ '': Math.round(Date.now() / 1000 - process.uptime()) }),
    },
  ];
}
