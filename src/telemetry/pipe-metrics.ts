import type { ConsumerMeter } from './consumer-meter.ts';
import type { Distribution } from './distribution.ts';
import { counter, gauge, histogram, type Metric } from './metrics-page.ts';

/** How orders flow through this process; undefined: it has no such part. */
export interface PipeSources {
  readonly generator?: (() => GeneratorFigures) | undefined;
  readonly reader?: (() => ReaderFigures) | undefined;
  readonly consumer?: { readonly meter: ConsumerMeter; status(): ConsumerFigures } | undefined;
  /** Partitions of the orders topic. @throws while nobody can tell */
  readonly partitions?: (() => Promise<readonly PartitionFigures[]>) | undefined;
}

interface GeneratorFigures {
  readonly sent: number;
  readonly failed: number;
  readonly inFlight: number;
  readonly orders: number;
  readonly openOrders: number;
  readonly currentRate: number;
  readonly lateMs: number;
}

interface ReaderFigures {
  /** Requests per second; 0 when they do not run. */
  readonly rate: number;
  /** Latencies, s, by who answered. */
  readonly distributions: Readonly<Record<string, Distribution>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly stale: number;
}

interface ConsumerFigures {
  readonly partitions: readonly number[];
  readonly waiting: boolean;
  readonly rebuilds: number;
  readonly rebalances: number;
  readonly fenced: number;
  readonly lost: number;
  readonly cuts: number;
  readonly ignoredMoves: number;
  readonly oldestMs: ReadonlyMap<number, number>;
}

interface PartitionFigures {
  readonly partition: number;
  /** Where the log ends, open transactions included. */
  readonly end: number;
  /** The stored offset; null: nothing is stored. */
  readonly stored: number | null;
  readonly lag: number;
  readonly pending: number;
}

/** The metrics of generator, readers, consumer and topic. */
export function pipeMetrics({ generator, reader, consumer, partitions }: PipeSources): Metric[] {
  return [
    ...generatorMetrics(generator),
    ...readerMetrics(reader),
    ...consumerMetrics(consumer),
    ...partitionMetrics(partitions),
  ];
}

function generatorMetrics(status: PipeSources['generator']): Metric[] {
  if (status === undefined) return [];
  return [
    counter(
      'produced_messages_total',
      'Messages of the generator, by what became of them',
      () => ({ sent: status().sent, failed: status().failed }),
      'result',
    ),
    counter(
      'produced_orders_total',
      'Orders the generator has sent; all other messages sent are later steps of their lives',
      () => status().orders,
    ),
    gauge('producer_open_orders', 'Orders of the generator whose life goes on', () => status().openOrders),
    gauge(
      'producer_in_flight_messages',
      'Messages of the generator that wait for their acknowledgement',
      () => status().inFlight,
    ),
    gauge(
      'producer_rate',
      'Orders per second the generator is to send now; 0 when it does not run',
      () => status().currentRate,
    ),
    gauge('producer_late_seconds', 'How far the generator is behind its schedule', () => status().lateMs / 1000),
  ];
}

function readerMetrics(figures: PipeSources['reader']): Metric[] {
  if (figures === undefined) return [];
  return [
    gauge(
      'reader_rate',
      'Requests per second the readers are to send now; 0 when they do not run',
      () => figures().rate,
    ),
    {
      name: 'test_service_reader_request_seconds',
      type: 'histogram',
      help: 'Time from the instant a reader’s request was due to the end of its answer, by who answered',
      read: () =>
        Object.entries(figures().distributions).map(([tier, distribution]) => ({ labels: { tier }, distribution })),
    },
    counter(
      'reader_failures_total',
      'Requests of the readers without a good answer, by kind',
      () => figures().failures,
      'kind',
    ),
    counter(
      'reader_stale_answers_total',
      'Answers to the readers that were older than what they had read before',
      () => figures().stale,
    ),
  ];
}

function consumerMetrics(consumer: PipeSources['consumer']): Metric[] {
  if (consumer === undefined) return [];
  const { meter } = consumer;
  const status = () => consumer.status();
  return [
    histogram(
      'transaction_seconds',
      'Time from the first record of a batch to its commit, dead letters included',
      meter.transactions,
    ),
    histogram(
      'readable_seconds',
      'Time from production to commit, of up to 64 orders of each batch whose age can be believed',
      meter.readable,
    ),
    histogram('batch_messages', 'Messages of each committed batch', meter.sizes),
    counter(
      'stored_orders_total',
      'Orders of committed batches: new ones, identical ones, and ones that replaced another',
      () => meter.outcomes,
      'outcome',
    ),
    counter(
      'scattered_orders_total',
      'Orders of committed batches that another partition has a version of, too',
      () => meter.scattered,
    ),
    counter(
      'expired_orders_total',
      'Orders this process has deleted for their age (retention.days)',
      () => meter.expired,
    ),
    counter('dead_letters_total', 'Messages sent to the dead-letter topic, by reason', () => meter.rejected, 'reason'),
    counter(
      'unmeasured_orders_total',
      'Orders whose age is no latency: redriven, repeated, or by a clock that can’t be right',
      () => meter.unmeasured,
      'reason',
    ),
    counter('batches_total', 'Transactions committed', () => meter.batches),
    counter('consumed_records_total', 'Records of committed batches', () => meter.sizes.sum),
    counter(
      'fenced_batches_total',
      'Batches that were not stored, because another consumer had moved the offset',
      () => status().fenced,
    ),
    gauge('assigned_partitions', 'Partitions this consumer has', () => status().partitions.length),
    gauge('storing_waits', '1 while batches wait for PostgreSQL or the dead-letter topic', () =>
      status().waiting ? 1 : 0,
    ),
    gauge(
      'lag_seconds',
      'Age of the oldest message that this consumer has fetched and not stored, by partition; absent: there is none',
      () => new Map([...status().oldestMs].map(([partition, ms]) => [partition, ms / 1000])),
      'partition',
    ),
    counter('rebalances_total', 'How often the group has dealt out its partitions', () => status().rebalances),
    counter(
      'kafka_client_rebuilds_total',
      'How often the consumer’s Kafka client was replaced',
      () => status().rebuilds,
    ),
    counter(
      'lost_messages_total',
      'Offsets that were gone from the log before they could be read',
      () => status().lost,
    ),
    counter(
      'log_cuts_total',
      'How often a partition’s log had been cut below what was stored of it, and reading continued there',
      () => status().cuts,
    ),
    gauge(
      'ignored_offset_moves',
      'Partitions whose offset was moved by hand in Kafka, in vain, and nowhere where it counts',
      () => status().ignoredMoves,
    ),
  ];
}

function partitionMetrics(partitions: PipeSources['partitions']): Metric[] {
  if (partitions === undefined) return [];
  const each = (name: string, help: string, pick: (one: PartitionFigures) => number | null) =>
    gauge(
      name,
      help,
      async () =>
        new Map(
          (await partitions()).flatMap((one) => {
            const value = pick(one);
            return value === null ? [] : [[one.partition, value] as const];
          }),
        ),
      'partition',
    );
  return [
    each('log_end_offset', 'Where the orders topic ends, open transactions included, by partition', ({ end }) => end),
    each('stored_offset', 'Offset up to which the orders topic is stored, by partition', ({ stored }) => stored),
    each(
      'lag_messages',
      'Messages of the orders topic that are not stored yet, by partition; a few seconds old at most',
      ({ lag }) => lag,
    ),
    each(
      'pending_messages',
      'Of the lag: messages that wait behind an open transaction, by partition',
      ({ pending }) => pending,
    ),
  ];
}
