import Type, { type Static } from 'typebox';
import type { LookupOutcome, StatusClass } from '../counters.ts';
import { type EngineReadiness, InstantSchema, orNull, ReadinessSchema, strict } from '../schemas.ts';

import {
  CONSUMER,
  type ConsumerReading,
  GENERATOR,
  type GeneratorReading,
  HTTP,
  LOOKUPS,
  PROCESS,
  type ProcessReading,
  READER,
  type ReaderReading,
  type TimedTopic,
  TOPIC,
} from './figures.ts';

/** One second of the service. */
export const LiveSampleSchema = Type.Object(
  {
    at: InstantSchema,
    topic: orNull(TOPIC.schema, 'Null while Kafka or PostgreSQL can’t tell'),
    generator: orNull(GENERATOR.schema),
    consumer: orNull(CONSUMER.schema),
    reader: READER.schema,
    lookups: LOOKUPS.schema,
    http: HTTP.schema,
    engines: ReadinessSchema.properties.engines,
    process: PROCESS.schema,
  },
  { ...strict, $id: 'LiveSample' },
);

export type LiveSampleJson = Static<typeof LiveSampleSchema>;

/** The counts of this process since it started, read without waiting. */
export interface LocalReading {
  /** Undefined in a process without a generator. */
  readonly generator: GeneratorReading | undefined;
  /** Undefined in a process without a consumer. */
  readonly consumer: ConsumerReading | undefined;
  readonly reader: ReaderReading;
  readonly lookups: Readonly<Record<LookupOutcome, number>>;
  readonly responses: Readonly<Record<StatusClass, number>>;
  readonly process: ProcessReading;
}

/** All readings of one moment. */
export interface Reading {
  /** ms since the Unix epoch. */
  readonly at: number;
  readonly local: LocalReading;
  readonly engines: readonly EngineReadiness[];
  /** The latest one, and the one before it; undefined while an engine can't answer. */
  readonly topic: TimedTopic | undefined;
  readonly earlierTopic: TimedTopic | undefined;
}

/** The difference of two readings; without an earlier one all rates are 0. */
export function sampleOf(before: Reading | undefined, reading: Reading): LiveSampleJson {
  const { at, local, engines, topic, earlierTopic } = reading;
  const seconds = before === undefined ? 0 : (at - before.at) / 1000;
  const then = before?.local;
  const topicSeconds = topic && earlierTopic ? (topic.readAt - earlierTopic.readAt) / 1000 : 0;
  return {
    at: new Date(at).toISOString(),
    topic: topic ? TOPIC.read({ now: topic, before: earlierTopic, seconds: topicSeconds }) : null,
    generator: local.generator ? GENERATOR.read({ now: local.generator, before: then?.generator, seconds }) : null,
    consumer: local.consumer ? CONSUMER.read({ now: local.consumer, before: then?.consumer, seconds }) : null,
    reader: READER.read({ now: local.reader, before: then?.reader, seconds }),
    lookups: LOOKUPS.read({ now: local.lookups, before: then?.lookups, seconds }),
    http: HTTP.read({ now: local.responses, before: then?.responses, seconds }),
    engines: engines.map((engine) => ({ ...engine })),
    process: PROCESS.read({ now: local.process, before: then?.process, seconds }),
  };
}

/**
 * Combines several samples into one, dated as the last of them: rates are means, latencies and delays the worst, and
 * everything else is as it was at the end. Undefined if there are none.
 */
export function meanSample(samples: readonly LiveSampleJson[]): LiveSampleJson | undefined {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const known = <T>(part: (sample: LiveSampleJson) => T | null): T[] => samples.flatMap((sample) => part(sample) ?? []);
  return {
    ...last,
    topic:
      last.topic &&
      TOPIC.combine(
        known(({ topic }) => topic),
        last.topic,
      ),
    generator:
      last.generator &&
      GENERATOR.combine(
        known(({ generator }) => generator),
        last.generator,
      ),
    consumer:
      last.consumer &&
      CONSUMER.combine(
        known(({ consumer }) => consumer),
        last.consumer,
      ),
    reader: READER.combine(
      known(({ reader }) => reader),
      last.reader,
    ),
    lookups: LOOKUPS.combine(
      known(({ lookups }) => lookups),
      last.lookups,
    ),
    http: HTTP.combine(
      known(({ http }) => http),
      last.http,
    ),
    process: PROCESS.combine(
      known(({ process }) => process),
      last.process,
    ),
  };
}
