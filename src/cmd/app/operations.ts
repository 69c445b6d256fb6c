import pkg from '../../../package.json' with { type: 'json' };
import type { OrderConsumer } from '../../consumer/consumer.ts';
import { LocalEngineControl } from '../../engines/control/engine-control.ts';
import { GroupCatalog } from '../../kafka/admin/group-catalog.ts';
import type { KafkaProbe } from '../../kafka/admin/kafka-probe.ts';
import { KeptAdmin } from '../../kafka/admin/kept-admin.ts';
import { TopicCatalog } from '../../kafka/admin/topic-catalog.ts';
import { MessageBrowser } from '../../kafka/read/message-browser.ts';
import type { MessageSender } from '../../kafka/send/message-sender.ts';
import type { GeneratorControl } from '../../producer/generator-control.ts';
import type { ReaderControl } from '../../reader/reader-control.ts';
import type { Operations } from '../../server/api/api.ts';
import type { ServerCounters } from '../../server/api/counters.ts';
import { LastPositions, topicReader } from '../../server/api/live/last-positions.ts';
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
import { metricsOf, type PoolFigures } from '../../telemetry/metrics.ts';
import { MetricsPage } from '../../telemetry/metrics-page.ts';
import { LoopDelay, processFigures } from '../../telemetry/process-health.ts';
import { renderReport } from './commands/verify-report.ts';
import type { Config } from './config-schema.ts';
import { engineSettings, kafkaClients } from './environment.ts';
import { moveOffsets } from './offset-moves.ts';
import type { Resources } from './shutdown.ts';
import { verifyInProcess } from './verify-process.ts';

/** The consumer of this process, and what it has stored. */
export interface ConsumerPart {
  readonly role: OrderConsumer;
  readonly meter: ConsumerMeter;
}

/** What the server of this process can look at beside the engines. */
export interface ProcessParts {
  readonly generator: GeneratorControl;
  readonly readers: ReaderControl;
  /** Undefined in a process without a consumer. */
  readonly consumer: ConsumerPart | undefined;
  /** Of all processes that serve on the port, in the first of them. */
  readonly counters: ServerCounters;
  /** For several processes on one port: the first one's socket, its web console bundle, and whether this is it. */
  readonly beside?: { readonly socket: string; readonly webBundle: string; readonly first: boolean };
}

export interface OperationsOptions extends ProcessParts {
  readonly readiness: () => Promise<ReadinessJson>;
  readonly database: Database;
  /** For messages that somebody waits to hear of. */
  readonly sender: MessageSender;
  /** Undefined without a cache. */
  readonly cache: InspectedCache | undefined;
  readonly orderCache: OrderCache | undefined;
  readonly pools: () => Readonly<Record<string, PoolFigures>>;
  readonly resources: Resources;
  readonly logger: Logger;
}

const ADMIN_TIMEOUT_MS = 3_000;
const MAX_BUDGET_MS = 4_000;
/** Of the time a request may take: how much of it may be waiting for an engine to do as it is told. */
const ENGINE_WAIT_SHARE = 0.7;

/** What operators look at and control; the sampler runs until the resources are closed. */
export function openOperations(config: Config, options: OperationsOptions): Operations {
  const { consumer, counters, database, generator, logger, readers, readiness, resources } = options;
  const { topic, group } = config.kafka;
  const kafka = kafkaClients(config);
  const admin = new KeptAdmin(kafka, { clientId: 'test-service-console', timeoutMs: ADMIN_TIMEOUT_MS });
  resources.defer('connections', 'kafka console', () => admin.close());
  const topics = new TopicCatalog(admin);
  const offsets = new OffsetStore(database);

  const positions = new LastPositions((topicId) => offsets.positions({ group, topic, topicId }));
  const loopDelay = new LoopDelay();
  loopDelay.start();
  const sampler = new LiveSampler({
    source: {
      local: () => ({
        generator: generator.figures,
        reader: { ...readers.figures, recent: readers.takeRecent() },
        consumer: consumer && {
          ...consumer.role.figures(),
          batches: consumer.meter.batches,
          agesMs: consumer.meter.takeAges(),
        },
        lookups: { ...counters.lookups },
        responses: { ...counters.responses },
        process: processFigures(loopDelay),
      }),
      engines: async () => (await readiness()).engines,
      topic: topicReader(topics, positions, config.kafka),
    },
  });
  sampler.start();
  resources.defer('work', 'live figures', () => {
    sampler.close();
    loopDelay.close();
  });

  const streams = new EventStreams();
  const { cache, orderCache, pools } = options;
  const metrics = metricsOf({
    version: pkg.version,
    loopDelayMs: () => sampler.latest?.process.loop_delay_ms ?? 0,
    readiness,
    generator: () => generator.figures,
    reader: () => readers.figures,
    consumer: consumer && { meter: consumer.meter, status: () => consumer.role.figures() },
    partitions: async () => sampler.latest?.topic?.partitions ?? [],
    cache: orderCache && (() => orderCache.figures),
    pools,
    server: {
      lookups: () => counters.lookups,
      requests: () => counters.requests,
      streams: () => streams.size,
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
    readers,
    engines,
    engineWaitMs: config.server.requestTimeoutMs * ENGINE_WAIT_SHARE,
    verifications,
    verificationText: (report) => renderReport(report),
    topics,
    topicUses: new Map([
      [topic, 'orders'],
      [config.kafka.deadLetterTopic, 'dead_letters'],
    ]),
    messageSender: options.sender,
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
    metrics: new MetricsPage(metrics),
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

/** For each engine, the smallest real operation that this process needs; `required`: those it can't do without. */
export function engineProbes(
  { database, kafka, cache, consumer }: ProbedParts,
  required: readonly Probe['name'][],
): Probe[] {
  const probe = (name: Probe['name'], check: Probe['check']) => ({ name, required: required.includes(name), check });
  return [
    probe('postgresql', () => askPostgresql(database, consumer)),
    probe('kafka', async () => void (await kafka.check())),
    ...(cache === undefined ? [] : [probe('redis', async () => void (await cache.ping()))]),
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
