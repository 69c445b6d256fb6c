import { KafkaProbe } from '../../kafka/admin/kafka-probe.ts';
import { formatAddress } from '../../lib/address.ts';
import { readTls } from '../../lib/tls.ts';
import { ReaderControl } from '../../reader/reader-control.ts';
import { apiEndpoints } from '../../server/api/api.ts';
import { PolledArrivals } from '../../server/api/orders/order-arrivals.ts';
import { createOrderIntake } from '../../server/api/orders/order-intake.ts';
import { createReadiness } from '../../server/api/service/readiness.ts';
import { createApp } from '../../server/app.ts';
import {
  forwardTo,
  type ListenOptions,
  listenOnSocket,
  type RunningServer,
  startServer,
} from '../../server/http/server.ts';
import { startTlsServer } from '../../server/http/tls-server.ts';
import { buildWebClient } from '../../server/web/web.ts';
import { OrderReader } from '../../storage/order-reader.ts';
import { OffsetStore } from '../../storage/postgresql/offset-store.ts';
import { PostgresOrderListing } from '../../storage/postgresql/order-listing.ts';
import { OrderStore } from '../../storage/postgresql/order-store.ts';
import { PostgresOrderTrails } from '../../storage/postgresql/order-trail.ts';
import { StoredStates } from '../../storage/postgresql/state-counts.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { reachable } from './commands/health.ts';
import type { Config } from './config-schema.ts';
import { deadLetterControl } from './dead-letter-clients.ts';
import { kafkaClients } from './environment.ts';
import { engineProbes, openOperations, type ProcessParts } from './operations.ts';
import { consumerCheck } from './role-checks.ts';
import type { Clients } from './roles.ts';
import { serverToken } from './server-token.ts';
import { type Resources, workTimeMs } from './shutdown.ts';

/** Of the time a request may take: how much of it may be waiting for an order to be stored. */
const WAIT_SHARE = 0.9;
const DAY_MS = 86_400_000;

/** Starts the REST API and the web console. */
export async function startRestServer(
  config: Config,
  clients: Clients,
  resources: Resources,
  logger: Logger,
  parts: ProcessParts,
): Promise<RunningServer> {
  const roleLogger = logger.child({ role: 'server' });
  const { beside, counters } = parts;
  const { cache, database, intakeSender, lookupCache, traced } = clients;
  const orders = new OrderStore(database);
  const store = traced?.store(orders) ?? orders;
  const offsets = new OffsetStore(database);
  // Before the first lookup: what a killed process has left may be cached.
  await clients.invalidator?.start();
  const kafkaProbe = new KafkaProbe(kafkaClients(config), config.kafka.topic);
  resources.defer('connections', 'kafka probe', () => kafkaProbe.close());
  const consumer = parts.consumer?.role;
  const probes = engineProbes({ database, kafka: kafkaProbe, cache, consumer }, ['postgresql']);
  const readiness = createReadiness(probes, roleLogger, {
    roles:
      consumer === undefined
        ? []
        : [
            consumerCheck(consumer, {
              required: false,
              stallMs: config.consumer.stallMs,
              ends: () => kafkaProbe.ends(),
            }),
          ],
  });
  const operations = openOperations(config, {
    ...parts,
    database,
    sender: intakeSender,
    cache: clients.cacheInspector,
    orderCache: cache,
    pools: () => clients.pools,
    readiness,
    resources,
    logger: roleLogger,
  });
  const endpoints = apiEndpoints({
    maxOrderBytes: config.consumer.maxOrderBytes,
    lookup: counters.countLookups(new OrderReader({ store, cache: lookupCache })),
    listing: new PostgresOrderListing(database),
    trails: new PostgresOrderTrails(database),
    states: new StoredStates(database),
    logger: roleLogger,
    intake: createOrderIntake(intakeSender, config.kafka.topic),
    arrivals: new PolledArrivals(
      {
        progress: () => offsets.latest(config.kafka.group, config.kafka.topic),
        findMany: (uids) => store.findMany(uids),
        forget: async (uids) => await lookupCache?.invalidate(uids, 'awaited'),
        logger: roleLogger,
      },
      { maxWaitMs: config.server.requestTimeoutMs * WAIT_SHARE },
    ),
    deadLetters: deadLetterControl(config, database),
    readiness,
    operations,
  });
  const app = createApp({
    ...config.server,
    token: serverToken(config.server),
    endpoints,
    web: await buildWebClient(beside && { file: beside.webBundle, first: beside.first }),
    logger: roleLogger,
    ...(beside?.first === false && { forward: forwardTo(beside.socket) }),
  });
  const inTrace = traced && (() => traced.traceId());
  const requests = counters.countRequests(app, inTrace);
  const counted = traced?.handler(requests, config.server.tls.certificate === '' ? 'http' : 'https') ?? requests;
  if (beside?.first === true) {
    // Not counted: the process that passes them on does.
    const socket = listenOnSocket(app, beside.socket);
    resources.defer('tell', 'socket server', () => socket.close());
  }
  const { tls } = config.server;
  const shared = beside === undefined ? 'alone' : beside.first ? 'first' : 'beside';
  const listen: ListenOptions = { ...config.server, shared };
  const server =
    tls.certificate === ''
      ? startServer(counted, listen, roleLogger)
      : await startTlsServer(counted, { ...listen, material: () => readTls('server.tls', tls) }, roleLogger);
  resources.defer('work', 'server', () => server.close(workTimeMs(config.shutdownTimeoutMs)));
  // The server waits for them.
  resources.defer('work', 'event streams', () => operations.streams.close());
  return server;
}

/** The configured readers of the server that will listen on the port, not started. */
export function openReaders({ server, reader, retention }: Config, port: () => number, logger: Logger): ReaderControl {
  const { tls } = server;
  const scheme = tls.certificate === '' ? 'http' : 'https';
  const { enabled: _, ...settings } = reader;
  return new ReaderControl({
    target: () => ({
      url: `${scheme}://${formatAddress(reachable({ host: server.host, port: port() }))}${server.basePath}`,
      token: () => serverToken(server),
      // It is this process: its certificate is for those who reach it by its name. It may demand one of its clients.
      tls: () => ({ rejectUnauthorized: false, ...(tls.ca !== '' && readTls('server.tls', { ...tls, ca: '' })) }),
    }),
    settings,
    retentionMs: retention.days * DAY_MS,
    logger: logger.child({ role: 'reader' }),
  });
}
