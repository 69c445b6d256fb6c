import Type, { type Static, type TNull, type TUnion } from 'typebox';
import type { LookupOutcome, StatusClass } from '../counters.ts';
import { InstantSchema, natural, orNull, strict } from '../schemas.ts';
import { count, type Figure, growth, PER_SECOND, part, rate, round, type Span, state, worst } from './figure.ts';

// A figure is declared here: what is read, and what a sample says of it. The schemas of the API, the samples and their
// means follow from it.

export interface GeneratorReading {
  readonly state: 'stopped' | 'running' | 'stopping';
  readonly sent: number;
  readonly failed: number;
  readonly inFlight: number;
  /** Of those sent: without the later steps of lives. */
  readonly orders: number;
  readonly openOrders: number;
  /** Orders per second it should send now. */
  readonly currentRate: number;
  readonly lateMs: number;
}

export const GENERATOR = part<GeneratorReading>()(
  {
    state: state(Type.Enum(['stopped', 'running', 'stopping']), (now) => now.state),
    sent: count((now) => now.sent),
    failed: count((now) => now.failed),
    in_flight: count((now) => now.inFlight),
    orders: count((now) => now.orders),
    open_orders: count((now) => now.openOrders),
    sent_per_s: rate((now) => now.sent),
    orders_per_s: rate((now) => now.orders),
    current_rate: state(PER_SECOND, (now) => round(now.currentRate)),
    late_ms: count((now) => now.lateMs),
  },
  { description: 'The generator of this process' },
);

export interface ReaderReading {
  readonly state: 'stopped' | 'running' | 'stopping';
  readonly answered: number;
  readonly failed: number;
  readonly stale: number;
  /** Latencies since the last reading; undefined when there were none. */
  readonly recent: Static<typeof LatencySchema> | undefined;
}

const LatencySchema = Type.Object({ p50: Type.Number(), p99: Type.Number(), count: natural() }, strict);

const latency: Figure<ReaderReading, TUnion<[typeof LatencySchema, TNull]>> = {
  schema: orNull(LatencySchema, 'From the instant each request was due; null when there were none'),
  read: ({ now: { recent } }) => recent ?? null,
  combine: worstQuantiles,
};

export const READER = part<ReaderReading>()(
  {
    state: state(Type.Enum(['stopped', 'running', 'stopping']), (now) => now.state),
    answered_per_s: rate((now) => now.answered),
    failed_per_s: rate((now) => now.failed),
    stale: count((now) => now.stale),
    latency_ms: latency,
  },
  { description: 'The readers of this process' },
);

/** Of several seconds, the worst; null when there were none. */
function worstQuantiles(values: readonly (Static<typeof LatencySchema> | null)[]): Static<typeof LatencySchema> | null {
  const known = values.filter((one) => one !== null);
  if (known.length === 0) return null;
  return {
    p50: worst(known.map(({ p50 }) => p50)),
    p99: worst(known.map(({ p99 }) => p99)),
    count: known.reduce((sum, one) => sum + one.count, 0),
  };
}

export interface ConsumerReading {
  readonly written: number;
  readonly unchanged: number;
  readonly changed: number;
  readonly deadLettered: number;
  readonly batches: number;
  readonly partitions: readonly number[];
  /** Batches wait for PostgreSQL or the dead-letter topic. */
  readonly waiting: boolean;
  /** How often the Kafka client was replaced. */
  readonly rebuilds: number;
  /** Messages that left the log before they could be read. */
  readonly lost: number;
  /** From production to the commit, ms, of orders stored since the last reading. */
  readonly agesMs: readonly number[];
}

const QuantilesSchema = orNull(
  LatencySchema,
  'From production to the commit, of orders stored in this second; null when there were none',
);

const readable: Figure<ConsumerReading, typeof QuantilesSchema> = {
  schema: QuantilesSchema,
  read: ({ now: { agesMs } }) => {
    if (agesMs.length === 0) return null;
    const sorted = agesMs.toSorted((a, b) => a - b);
    const at = (share: number): number =>
      Math.max(0, sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
    return { p50: at(0.5), p99: at(0.99), count: sorted.length };
  },
  combine: worstQuantiles,
};

export const CONSUMER = part<ConsumerReading>()(
  {
    written: count((now) => now.written),
    changed: count((now) => now.changed),
    unchanged: count((now) => now.unchanged),
    dead_lettered: count((now) => now.deadLettered),
    batches: count((now) => now.batches),
    stored_per_s: rate((now) => now.written + now.changed + now.unchanged),
    dead_lettered_per_s: rate((now) => now.deadLettered),
    batches_per_s: rate((now) => now.batches),
    partitions: state(Type.Array(natural()), (now) => [...now.partitions]),
    waiting: state(
      Type.Boolean({ description: 'Batches wait for PostgreSQL or the dead-letter topic' }),
      (now) => now.waiting,
    ),
    rebuilds: count((now) => now.rebuilds),
    lost: count((now) => now.lost),
    readable_ms: readable,
  },
  { description: 'The consumer of this process' },
);

/** Lookups by the tier that answered; `absent`: the order does not exist; `failed`: no tier could tell. */
export const LOOKUPS = part<Readonly<Record<LookupOutcome, number>>>()({
  l1_per_s: rate((now) => now.l1),
  redis_per_s: rate((now) => now.redis),
  postgresql_per_s: rate((now) => now.postgresql),
  absent_per_s: rate((now) => now.absent),
  failed_per_s: rate((now) => now.failed),
});

/** Responses by the first digit of their status. */
export const HTTP = part<Readonly<Record<StatusClass, number>>>()({
  '2xx_per_s': rate((now) => now['2xx']),
  '3xx_per_s': rate((now) => now['3xx']),
  '4xx_per_s': rate((now) => now['4xx']),
  '5xx_per_s': rate((now) => now['5xx']),
});

export interface ProcessReading {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** CPU time used, ms. */
  readonly cpuMs: number;
  /** The longest a timer waited for the event loop since the last reading. */
  readonly loopDelayMs: number;
  readonly uptimeSeconds: number;
}

export const PROCESS = part<ProcessReading>()({
  rss_bytes: count((now) => now.rssBytes),
  heap_bytes: count((now) => now.heapBytes),
  cpu_percent: rate((now) => now.cpuMs / 10, Type.Number({ minimum: 0, description: 'Of one core' })),
  loop_delay_ms: state(Type.Number({ minimum: 0 }), (now) => round(now.loopDelayMs), worst),
  uptime_s: count((now) => now.uptimeSeconds),
});

/** The ends of the orders topic, and how far it is stored, whoever writes and stores. */
export interface TopicReading {
  readonly partitions: ReadonlyArray<{
    readonly partition: number;
    /** Where the log ends, open transactions included. */
    readonly end: number;
    /** Where it ends for readers of committed messages. */
    readonly stableEnd: number;
    /** The offset stored in the database; undefined if it has none for this partition. */
    readonly stored: number | undefined;
  }>;
  /** How many messages were ever written to the dead-letter topic. */
  readonly deadLetters: number;
}

export interface TimedTopic extends TopicReading {
  /** ms since the Unix epoch. */
  readonly readAt: number;
}

const MOST_PARTITIONS = 100;
/** In combined samples. */
const MOST_PARTITIONS_KEPT = 16;

const PendingSchema = natural('The part of the lag that waits behind an open transaction');
const PartitionsSchema = Type.Array(
  Type.Object(
    {
      partition: natural(),
      end: Type.Integer({ description: 'End of the log' }),
      stored: orNull(Type.Integer(), 'Offset stored in PostgreSQL'),
      lag: natural('Offsets from there to the end'),
      pending: PendingSchema,
    },
    strict,
  ),
  { description: 'At most 100: those furthest behind' },
);

export const TOPIC = part<TimedTopic>()(
  {
    read_at: state(InstantSchema, (now) => new Date(now.readAt).toISOString()),
    arrived_per_s: growth((span) => grown(span, ({ end }) => end)),
    stored_per_s: growth((span) => grown(span, ({ stored }) => stored)),
    dead_lettered_per_s: rate((now) => now.deadLetters),
    dead_letters: count((now) => now.deadLetters),
    lag: state(natural(), (now) => sumOf(now, 'lag'), worst),
    pending: state(PendingSchema, (now) => sumOf(now, 'pending'), worst),
    partitions: state(
      PartitionsSchema,
      (now) => furthestBehind(lagsOf(now), MOST_PARTITIONS),
      (_, last) => furthestBehind(last, MOST_PARTITIONS_KEPT),
    ),
  },
  { description: 'The orders topic and its group, whoever writes and stores' },
);

/** How far a position has moved in all partitions together; a partition that was unknown before has not moved. */
function grown(
  { now, before }: Span<TimedTopic>,
  positionOf: (one: TopicReading['partitions'][number]) => number | undefined,
): number {
  const earlier = new Map(before?.partitions.map((one) => [one.partition, positionOf(one)]));
  return now.partitions.reduce((sum, one) => {
    const position = positionOf(one) ?? 0;
    return sum + position - (earlier.get(one.partition) ?? position);
  }, 0);
}

/** How far each partition is stored. */
export function lagsOf({ partitions }: Pick<TopicReading, 'partitions'>): Static<typeof PartitionsSchema> {
  return partitions.map(({ partition, end, stableEnd, stored }) => {
    const lag = Math.max(0, end - (stored ?? 0));
    // They can't be stored before another's transaction has ended.
    const pending = Math.min(lag, Math.max(0, end - stableEnd));
    return { partition, end, stored: stored ?? null, lag, pending };
  });
}

function sumOf(topic: TopicReading, name: 'lag' | 'pending'): number {
  return lagsOf(topic).reduce((sum, one) => sum + one[name], 0);
}

/** Those furthest behind, by number: many samples are kept, so each must stay small. */
function furthestBehind<T extends { readonly partition: number; readonly lag: number }>(all: T[], most: number): T[] {
  if (all.length <= most) return all;
  return all
    .toSorted((a, b) => b.lag - a.lag)
    .slice(0, most)
    .sort((a, b) => a.partition - b.partition);
}
