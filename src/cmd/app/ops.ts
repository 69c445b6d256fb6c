import pkg from '../../../package.json' with { type: 'json' };
import { KafkaProbe } from '../../kafka/admin/kafka-probe.ts';
import type { OrderProducer } from '../../producer/producer.ts';
import { lagsOf } from '../../server/api/live/figures.ts';
import { problemOf } from '../../server/api/problems.ts';
import { createReadiness, type Probe, type RoleCheck } from '../../server/api/service/readiness.ts';
import { healthEndpoints, metricsEndpoints } from '../../server/api/service/service.ts';
import { createHandler } from '../../server/http/handler.ts';
import { type RunningServer, startServer } from '../../server/http/server.ts';
import { type MetricSources, metricsOf } from '../../telemetry/metrics.ts';
import { MetricsPage } from '../../telemetry/metrics-page.ts';
import { LoopDelay } from '../../telemetry/process-health.ts';
import type { CommandContext } from './context.ts';
import { kafkaClients } from './environment.ts';
import { type ConsumerPart, engineProbes } from './operations.ts';
import { consumerCheck, producerCheck } from './role-checks.ts';
import type { Clients } from './roles.ts';
import { readToken } from './server-token.ts';
import { workTimeMs } from './shutdown.ts';

/** What a process without a server lets others see of itself. */
interface Ops {
  readonly probes: readonly Probe[];
  readonly role: RoleCheck;
  readonly metrics: Partial<MetricSources>;
}

/**
 * `/healthz`, `/readyz` and `/metrics` of `consume`, where `ops.port` says so.
 * @throws AppError `port_in_use`, `config_invalid`
 */
export function openConsumerOps(
  context: CommandContext,
  clients: Clients,
  consumer: ConsumerPart,
): RunningServer | undefined {
  const { config } = context;
  if (config.ops.port === 0) return undefined;
  const { cache, database } = clients;
  const kafka = openProbe(context);
  return listen(context, {
    probes: engineProbes({ database, kafka, cache, consumer: consumer.role }, ['postgresql', 'kafka']),
    role: consumerCheck(consumer.role, { required: true, stallMs: config.consumer.stallMs, ends: () => kafka.ends() }),
    metrics: {
      consumer: { meter: consumer.meter, status: () => consumer.role.figures() },
      partitions: async () => {
        const { stored } = consumer.role.status();
        const ends = await kafka.ends();
        const own = [...stored].flatMap(([partition, offset]) => {
          const known = ends.get(partition);
          return known === undefined ? [] : [{ partition, stored: offset, ...known }];
        });
        return lagsOf({ partitions: own });
      },
      cache: cache && (() => cache.figures),
      pools: () => clients.pools,
    },
  });
}

/** The same of `produce`. */
export function openProducerOps(context: CommandContext, producer: OrderProducer): RunningServer | undefined {
  if (context.config.ops.port === 0) return undefined;
  const kafka = openProbe(context);
  return listen(context, {
    probes: [{ name: 'kafka', required: true, check: async () => void (await kafka.check()) }],
    role: producerCheck(() => producer.status),
    metrics: {
      generator: () => {
        const { rate, ...status } = producer.status;
        return { ...status, currentRate: rate ?? 0 };
      },
    },
  });
}

function openProbe({ config, resources }: CommandContext): KafkaProbe {
  const probe = new KafkaProbe(kafkaClients(config), config.kafka.topic);
  resources.defer('connections', 'kafka probe', () => probe.close());
  return probe;
}

/** Answers as the server does: with the same token, the same host names, the same refusals. */
function listen({ config, logger, resources }: CommandContext, { probes, role, metrics }: Ops): RunningServer {
  const { ops, server, shutdownTimeoutMs } = config;
  const readiness = createReadiness(probes, logger, { roles: [role] });
  const loopDelay = new LoopDelay();
  loopDelay.start();
  resources.defer('work', 'loop delay', () => loopDelay.close());
  const process = { version: pkg.version, readiness, loopDelayMs: () => loopDelay.takeWorst() };
  const page = new MetricsPage(metricsOf({ ...process, ...metrics }));
  const { allowedHosts, maxBodyBytes, maxConcurrentRequests, openReads, requestTimeoutMs } = server;
  const shared = { ...ops, section: 'ops', maxBodyBytes, requestTimeoutMs };
  const handler = createHandler({
    ...shared,
    allowedHosts,
    maxConcurrentRequests,
    openReads,
    token: readToken(server, logger),
    endpoints: [...healthEndpoints(readiness), ...metricsEndpoints({ metrics: page })],
    problemOf,
    logger,
  });
  const running = startServer(handler, shared, logger);
  resources.defer('work', 'ops', () => running.close(workTimeMs(shutdownTimeoutMs)));
  return running;
}
