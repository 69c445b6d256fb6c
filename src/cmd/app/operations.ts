import type { Registry } from 'prom-client';
import type { OrderConsumer } from '../../consumer/consumer.ts';
import { LocalEngineControl } from '../../engines/control/engine-control.ts';
import { GroupCatalog } from '../../kafka/admin/group-catalog.ts';
import { type KafkaProbe, KeptAdmin } from '../../kafka/admin/kept-admin.ts';
import { TopicCatalog } from '../../kafka/admin/topic-catalog.ts';
import { KafkaClients } from '../../kafka/clients.ts';
import { MessageBrowser } from '../../kafka/read/message-browser.ts';
import type { GeneratorControl } from '../../producer/generator-control.ts';
import type { Operations } from '../../server/api/api.ts';
import type { ServerCounters } from '../../server/api/counters.ts';
import type { TopicReading } from '../../server/api/live/figures.ts';
import { LastPositions } from '../../server/api/live/last-positions.ts';
import { LiveSampler } from '../../server/api/live/sampler.ts';
import type { ReadinessJson } from '../../server/api/schemas.ts';
import type { Ailment, Probe } from '../../server/api/service/readiness.ts';
import { Verifications } from '../../server/api/verifications/runs.ts';
import { EventStreams } from '../../server/http/event-stream.ts';
import type { InspectedCache } from '../../storage/inspected-cache.ts';
import type { Database } from '../../storage/postgresql/database.ts';
import { OffsetStore } from '../../storage/postgresql/offset-store.ts';
import type { OrderCache } from '../../storage/redis/order-cache.ts';
import type { ConsumerMeter } from '../../telemetry/consumer-meter.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { registerMetrics } from '../../telemetry/metrics.ts';
import { LoopDelay, memoryUsage } from '../../telemetry/process-health.ts';
import type { Config } from './config-schema.ts';
import { engineSettings } from './environment.ts';
import { moveOffsets } from './offset-moves.ts';
import type { Resources } from './shutdown.ts';
import { verifyInProcess } from './verify-process.ts';

/** What the server of this process can look at beside the engines. */
export interface ProcessParts {
  readonly generator: GeneratorControl;
  /** Undefined in a process without a consumer. */
  readonly consumer: { readonly role: OrderConsumer; readonly meter: ConsumerMeter } | undefined;
  readonly registry: Registry;
  /** Of all processes that serve on the port, in the first of them. */
  readonly counters: ServerCounters;
  /** For several processes on one port: the first one's socket, its web console bundle, and whether this is it. */
  readonly beside?: { readonly socket: string; readonly webBundle: string; readonly first: boolean };
}

export interface OperationsOptions extends ProcessParts {
  readonly readiness: () => Promise<ReadinessJson>;
  readonly database: Database;
  /** Undefined without a cache. */
  readonly cache: InspectedCache | undefined;
  readonly resources: Resources;
  readonly logger: Logger;
}

const ADMIN_TIMEOUT_MS = 3_000;
const MAX_BUDGET_MS = 4_000;
/** Of the time a request may take: how much of it may be waiting for an engine to do as it is told. */
const ENGINE_WAIT_SHARE = 0.7;

/** What operators look at and control; the sampler runs until the resources are closed. */
export function openOperations(config: Config, options: OperationsOptions): Operations {
  const { consumer, counters, database, generator, logger, readiness, registry, resources } = options;
  const { topic, deadLetterTopic, group } = config.kafka;
  const kafka = new KafkaClients(config.kafka);
  const admin = new KeptAdmin(kafka, { clientId: 'test-service-console', timeoutMs: ADMIN_TIMEOUT_MS });
  resources.defer('connections', 'kafka console', () => admin.close());
  const topics = new TopicCatalog(admin);
  const offsets = new OffsetStore(database);

  const positions = new LastPositions((topicId) => offsets.positions({ group, topic, topicId }));
  const readTopic = async (): Promise<TopicReading> => {
    const ends = await topics.ends([topic, deadLetterTopic]);
    const orders = ends.get(topic);
    const stored = await positions.find(orders?.topicId ?? '');
    const partitions = [...(orders?.ends ?? [])].map(([partition, ends]) => ({
      partition,
      ...ends,
      stored: stored.get(partition),
    }));
    const letters = ends.get(deadLetterTopic)?.ends.values() ?? [];
    return {
      partitions: partitions.sort((a, b) => a.partition - b.partition),
      deadLetters: [...letters].reduce((sum, { end }) => sum + end, 0),
    };
  };

  const generatorReading = () => {
    const { state, counts, currentRate, lateMs } = generator.status;
    return { state, ...counts, currentRate, lateMs };
  };
  const consumerReading = ({ role }: NonNullable<ProcessParts['consumer']>) => {
    const { lost, cuts, ignoredMoves, ...status } = role.status();
    return {
      ...status,
      lost: lost.reduce((sum, { from, to }) => sum + Math.abs(to - from), 0),
      cuts: cuts.length,
      ignoredMoves: ignoredMoves.size,
    };
  };

  const loopDelay = new LoopDelay();
  loopDelay.start();
  const sampler = new LiveSampler({
    source: {
      local: () => {
        const { rss, heapUsed } = memoryUsage();
        const { user, system } = process.cpuUsage();
        return {
          generator: generatorReading(),
          consumer: consumer && {
            ...consumerReading(consumer),
            batches: consumer.meter.batches,
            agesMs: consumer.meter.takeAges(),
          },
          lookups: { ...counters.lookups },
          responses: { ...counters.responses },
          process: {
            rssBytes: rss,
            heapBytes: heapUsed,
            cpuMs: (user + system) / 1000,
            loopDelayMs: loopDelay.takeWorst(),
            uptimeSeconds: process.uptime(),
          },
        };
      },
      engines: async () => (await readiness()).engines,
      topic: readTopic,
    },
  });
  sampler.start();
  resources.defer('work', 'live figures', () => {
    sampler.close();
    loopDelay.close();
  });

  const streams = new EventStreams();
  const { cache } = options;
  registerMetrics(registry, {
    generator: generatorReading,
    cache: cache && { inUse: () => cache.trouble === undefined, errors: () => ({ ...cache.errors }) },
    consumer: consumer && { meter: consumer.meter, status: () => consumerReading(consumer) },
    server: {
      lookups: () => counters.lookups,
      responses: () => counters.responses,
      streams: () => streams.size,
      engines: async () => (await readiness()).engines,
      behind: (which) => new Map(sampler.latest?.topic?.partitions.map((one) => [String(one.partition), one[which]])),
      loopDelayMs: () => sampler.latest?.process.loop_delay_ms ?? 0,
    },
  });

  const engines = new LocalEngineControl(engineSettings(config), logger);
  resources.defer('work', 'engine control', () => engines.close());

  const verifications = new Verifications((how) => verifyInProcess(config, how));
  resources.defer('work', 'verification', () => verifications.close());

  return {
    cache,
    lookups: () => counters.lookups,
    generator,
    generatorTopic: topic,
    engines,
    engineWaitMs: config.server.requestTimeoutMs * ENGINE_WAIT_SHARE,
    verifications,
    topics,
    groups: new GroupCatalog(admin, topics),
    ownGroup: {
      group,
      topic,
      stored: async () => {
        const { topicId = '' } = (await topics.ends([topic])).get(topic) ?? {};
        return offsets.positions({ group, topic, topicId });
      },
      ignoredMoves: () => consumer?.role.status().ignoredMoves ?? new Map(),
      move: (target, how) => moveOffsets(config, database, target, how),
    },
    messages: new MessageBrowser(kafka, {
      maxOrderBytes: config.consumer.maxOrderBytes,
      budgetMs: Math.min(MAX_BUDGET_MS, config.server.requestTimeoutMs / 2),
      now: Date.now,
    }),
    sampler,
    streams,
    metrics: { contentType: registry.contentType, text: () => registry.metrics() },
  };
}

/** Storing that has waited this long does not recover by itself, as it does after a lock. */
const STUCK_MS = 3_000;

export interface ProbedParts {
  readonly database: Database;
  readonly kafka: KafkaProbe;
  /** Undefined without a cache. */
  readonly cache: OrderCache | undefined;
  /** Undefined in a process that stores nothing. */
  readonly consumer: OrderConsumer | undefined;
}

/** For each engine, the smallest real operation that this process needs. */
export function engineProbes({ database, kafka, cache, consumer }: ProbedParts): Probe[] {
  return [
    { name: 'postgresql', required: true, check: () => askPostgresql(database, consumer) },
    { name: 'kafka', required: false, check: async () => void (await kafka.check()) },
    ...(cache === undefined
      ? []
      : [{ name: 'redis', required: false, check: async () => void (await cache.ping()) } as const]),
  ];
}

async function askPostgresql(database: Database, consumer: OrderConsumer | undefined): Promise<Ailment | undefined> {
  const bearable = consumer === undefined;
  const obstacle = await database.writeObstacle();
  if (obstacle !== undefined) return { trouble: 'read_only', reason: obstacle, bearable };
  const stuck = consumer?.status().stuck;
  return stuck?.engine === 'postgresql' && stuck.forMs > STUCK_MS
    ? { trouble: 'storing_waits', reason: 'orders wait to be stored: it does not take them', bearable }
    : undefined;
}
