import Type, { type Static } from 'typebox';
import { InstantSchema, ReadinessSchema } from '../schemas.ts';

const strict = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });
const perSecond = Type.Number({ minimum: 0 });

const pending = Type.Integer({
  minimum: 0,
  description: 'Of the lag: what waits behind an open transaction',
});

const PartitionLagSchema = Type.Object(
  {
    partition: count,
    end: Type.Integer({ description: 'Where the log ends' }),
    stored: Type.Union([Type.Integer(), Type.Null()], { description: 'Where PostgreSQL is' }),
    lag: Type.Integer({ minimum: 0, description: 'From there to the end' }),
    pending,
  },
  strict,
);

const TopicNowSchema = Type.Object(
  {
    read_at: InstantSchema,
    arrived_per_s: perSecond,
    stored_per_s: perSecond,
    dead_lettered_per_s: perSecond,
    dead_letters: count,
    lag: count,
    pending,
    partitions: Type.Array(PartitionLagSchema, { description: 'At most 100: those furthest behind' }),
  },
  { ...strict, description: 'The orders topic and its group, whoever writes and stores' },
);

const GeneratorNowSchema = Type.Object(
  {
    state: Type.Enum(['stopped', 'running', 'stopping']),
    sent: count,
    failed: count,
    in_flight: count,
    sent_per_s: perSecond,
    current_rate: perSecond,
    late_ms: count,
  },
  { ...strict, description: 'The generator of this process' },
);

const ConsumerNowSchema = Type.Object(
  {
    written: count,
    changed: count,
    unchanged: count,
    dead_lettered: count,
    batches: count,
    stored_per_s: perSecond,
    dead_lettered_per_s: perSecond,
    batches_per_s: perSecond,
    partitions: Type.Array(count),
    waiting: Type.Boolean({ description: 'Batches wait for PostgreSQL or the dead-letter topic' }),
    rebuilds: count,
    lost: count,
    readable_ms: Type.Union(
      [Type.Object({ p50: Type.Number(), p99: Type.Number(), count }, strict), Type.Null()],
      {
        description:
          'From production to the commit, of orders stored in this second; null when there were none',
      },
    ),
  },
  { ...strict, description: 'The consumer of this process' },
);

/** One second of the service. */
export const LiveSampleSchema = Type.Object(
  {
    at: InstantSchema,
    topic: Type.Union([TopicNowSchema, Type.Null()], {
      description: 'Null while Kafka or PostgreSQL can’t tell',
    }),
    generator: Type.Union([GeneratorNowSchema, Type.Null()]),
    consumer: Type.Union([ConsumerNowSchema, Type.Null()]),
    lookups: Type.Object(
      {
        l1_per_s: perSecond,
        redis_per_s: perSecond,
        postgresql_per_s: perSecond,
        absent_per_s: perSecond,
        failed_per_s: perSecond,
      },
      strict,
    ),
    http: Type.Object(
      { '2xx_per_s': perSecond, '3xx_per_s': perSecond, '4xx_per_s': perSecond, '5xx_per_s': perSecond },
      strict,
    ),
    engines: ReadinessSchema.properties.engines,
    process: Type.Object(
      {
        rss_bytes: count,
        heap_bytes: count,
        cpu_percent: Type.Number({ minimum: 0, description: 'Of one core' }),
        loop_delay_ms: Type.Number({ minimum: 0 }),
        uptime_s: count,
      },
      strict,
    ),
  },
  { ...strict, $id: 'LiveSample' },
);

export type LiveSampleJson = Static<typeof LiveSampleSchema>;

/** Something that happened. */
export const LiveNoteSchema = Type.Object(
  {
    at: InstantSchema,
    kind: Type.Enum([
      'engine_down',
      'engine_up',
      'generator_started',
      'generator_stopped',
      'dead_letters',
      'partitions_assigned',
      'storing_waits',
      'storing_goes_on',
      'client_replaced',
      'messages_lost',
    ]),
    text: Type.String({ description: 'The same in English' }),
    engine: Type.Optional(Type.String({ description: 'Of engine_…' })),
    rate: Type.Optional({ ...perSecond, description: 'Of generator_started: orders per second' }),
    count: Type.Optional({
      ...count,
      description: 'Of generator_stopped: orders sent; of dead_letters and messages_lost: how many',
    }),
    partitions: Type.Optional(Type.Array(count, { description: 'Of partitions_assigned' })),
  },
  { ...strict, $id: 'LiveNote' },
);

export type LiveNoteJson = Static<typeof LiveNoteSchema>;

/** What a stream begins with. */
export const LiveHistorySchema = Type.Object(
  {
    samples: Type.Array(LiveSampleSchema, {
      description:
        'Oldest first. The last five minutes by the second; of those before, up to an hour, ten seconds are one: rates are their means, lag, latencies and delays the worst, and of the partitions there are at most the 16 furthest behind',
    }),
    notes: Type.Array(LiveNoteSchema),
  },
  { ...strict, $id: 'LiveHistory' },
);
