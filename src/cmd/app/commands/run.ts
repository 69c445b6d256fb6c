import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import type { EngineUse } from '../../../engines/engines.ts';
import { AppError } from '../../../lib/app-error.ts';
import { aborted } from '../../../lib/backoff.ts';
import { redactUrl } from '../../../lib/connection-url.ts';
import { unlessAborted } from '../../../lib/deadline.ts';
import { ServerCounters } from '../../../server/api/counters.ts';
import type { RunningServer } from '../../../server/http/server.ts';
import type { Config } from '../config-schema.ts';
import { startConsumer } from '../consumer-role.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { prepareEnvironment } from '../environment.ts';
import { openConsumerOps } from '../ops.ts';
import { Clients, openGenerator } from '../roles.ts';
import { checkProcesses, firstProcessGone, reportToFirst, ServerProcesses } from '../server-processes.ts';
import { openReaders, startRestServer } from '../server-role.ts';
import { serverToken } from '../server-token.ts';
import type { Resources } from '../shutdown.ts';

interface RunOptions extends CommonOptions {
  readonly json?: boolean;
  /** Path of the first process's socket; this one is one more on its port. */
  readonly beside?: string;
}

interface Roles {
  readonly producer: boolean;
  readonly consumer: boolean;
  readonly reader: boolean;
  readonly server: boolean;
}

/** `run`: all roles in one process. */
export function runCommand(): Command {
  return roleCommand('run', 'everything in one process: generator, readers, consumer, REST API and web console')
    .addHelpText('after', '\nExamples:\n  test-service run\n  TEST_SERVICE_PRODUCER_RATE=500 test-service run')
    .action((options: RunOptions) =>
      withContext(options, (context) => {
        const { producer, consumer, reader } = context.config;
        const enabled = { producer: producer.enabled, consumer: consumer.enabled, reader: reader.enabled };
        return runRoles(context, options, { ...enabled, server: true });
      }),
    );
}

/** `consume`: the consumer only; several of them share the partitions. */
export function consumeCommand(): Command {
  return roleCommand('consume', 'store orders from Kafka in PostgreSQL; several processes share the partitions')
    .addHelpText('after', '\nExample:\n  test-service consume')
    .action((options: RunOptions) =>
      withContext(options, (context) =>
        runRoles(context, options, { producer: false, consumer: true, reader: false, server: false }),
      ),
    );
}

/** `serve`: the REST API and the web console only. */
export function serveCommand(): Command {
  return roleCommand('serve', 'the REST API and the web console')
    .addHelpText('after', '\nExample:\n  TEST_SERVICE_SERVER_PORT=9001 test-service serve')
    .addOption(new Option('--beside <socket>', 'another server process').hideHelp())
    .action((options: RunOptions) =>
      withContext(options, (context) =>
        runRoles(context, options, { producer: false, consumer: false, reader: false, server: true }),
      ),
    );
}

function roleCommand(name: string, description: string): Command {
  return withCommonOptions(new Command(name))
    .description(description)
    .option('--json', 'print the addresses as one line of JSON');
}

async function runRoles(context: CommandContext, options: RunOptions, roles: Roles): Promise<void> {
  const { config, logger, resources, signal } = context;
  // Before engines are started for a server that must not.
  if (roles.server) {
    serverToken(config.server, logger);
    checkProcesses(config.server.processes);
  }
  const engines = await prepareEnvironment(config, {
    resources,
    logger,
    signal,
    // Who only serves or only stores has something to do without it, or waits; the whole pipe has not.
    withoutKafka: !roles.producer && !(roles.consumer && roles.server),
    onProgress: ({ engine, step }) => process.stderr.write(`${engine}: ${step}\n`),
  });
  // Who only serves has lookups to answer meanwhile.
  const refusal = engines.statuses.find(({ engine }) => engine === 'kafka')?.refusal;
  if (refusal !== undefined && roles.consumer) throw new AppError('kafka_refuses', refusal);
  const clients = new Clients(config, resources, logger, await context.traced());
  const counters = new ServerCounters();
  const consumer = roles.consumer ? startConsumer(config, clients, resources, logger) : undefined;
  const server = roles.server ? await unlessAborted(signal, startServing()) : undefined;
  const ops = server === undefined && consumer !== undefined ? openConsumerOps(context, clients, consumer) : undefined;
  if (options.beside !== undefined) {
    reportToFirst(counters);
    await Promise.race([aborted(signal), firstProcessGone()]);
    return;
  }
  const names = Object.entries(roles).flatMap(([role, on]) => (on === true ? [role] : []));
  const where = { config, url: server?.url, opsUrl: ops?.url, engines: engines.statuses, roles: names };
  if (options.json === true) printJson({ url: server?.url ?? ops?.url, roles: names, engines: engines.statuses });
  else print(banner(where));
  await aborted(signal);
  logger.info({}, 'stopping');

  async function startOthers(firstProcess: string): Promise<void> {
    const processes = new ServerProcesses({
      count: config.server.processes - 1,
      firstProcess,
      args: [
        ...(options.config === undefined ? [] : ['--config', options.config]),
        ...(options.logLevel === undefined ? [] : ['--log-level', options.logLevel]),
      ],
      onCounts: (counts) => counters.add(counts),
      logger,
    });
    resources.defer('connections', 'server processes', (leftMs) => processes.close(leftMs));
    // All of them at once, not one after the other.
    signal.addEventListener('abort', () => processes.stop());
    await processes.start();
  }

  /** A server can start the generator even where it does not run from the beginning. */
  async function startServing(): Promise<RunningServer> {
    const generator = openGenerator(config, clients, logger);
    let port = 0;
    const readers = openReaders(config, () => port, logger);
    const several = config.server.processes > 1;
    const socket = options.beside ?? (several ? firstProcessSocket(resources) : undefined);
    const running = await startRestServer(config, clients, resources, logger, {
      generator,
      readers,
      consumer,
      counters,
      ...(socket !== undefined && {
        beside: { socket, webBundle: join(dirname(socket), 'web.json'), first: options.beside === undefined },
      }),
    });
    if (several && socket !== undefined && options.beside === undefined) await startOthers(socket);
    resources.defer('work', 'producer', () => generator.close());
    if (roles.producer) await generator.start();
    port = running.port;
    resources.defer('work', 'readers', () => readers.close());
    if (roles.reader) readers.start();
    return running;
  }
}

/** Where the other server processes pass on what is the first one's. */
function firstProcessSocket(resources: Resources): string {
  const folder = mkdtempSync(join(tmpdir(), 'test-service-'));
  resources.defer('engines', 'socket', () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'first.sock');
}

interface BannerOptions {
  readonly config: Config;
  readonly url: string | undefined;
  readonly opsUrl: string | undefined;
  readonly engines: readonly EngineUse[];
  readonly roles: readonly string[];
}

const STATES: Readonly<Record<EngineUse['state'], string>> = {
  'in use': 'found',
  started: 'local, started',
  adopted: 'local, adopted',
  absent: 'does not answer: lookups work without it until it does',
};

/** What people want to know once it runs: where everything is. */
function banner({ config, url, opsUrl, engines, roles }: BannerOptions): string {
  const { kafka, postgresql, redis, server } = config;
  const [broker = ''] = kafka.brokers;
  const state = (name: EngineUse['engine']): string => {
    const use = engines.find((one) => one.engine === name);
    return use === undefined ? '' : STATES[use.state];
  };
  const rows: [string, string][] = [
    ...(url === undefined
      ? []
      : ([
          ['Web console', `${url}${server.basePath}`],
          ['REST API', `${url}${server.basePath}/api/v1/orders`],
        ] as [string, string][])),
    ...(opsUrl === undefined ? [] : [['Metrics', `${opsUrl}/metrics`] as [string, string]]),
    ['PostgreSQL', `${redactUrl(postgresql.url)}  (${state('postgresql')}; tables orders, order_items)`],
    ['Kafka', `${kafka.brokers.join(',')}  (${state('kafka')}; kcat -b ${broker} -t ${kafka.topic} -C)`],
    ['Redis', `${redactUrl(redis.url)}  (${state('redis')}; keys ${config.cache.keyPrefix}:*)`],
    ['Data', engines.some(({ pid }) => pid !== undefined) ? config.dataDir : 'with the engines'],
    ['Roles', roles.join(', ')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
  return `\nTest Service is up.\n\n${lines.join('\n')}\n\nCtrl-C stops it.\n`;
}
