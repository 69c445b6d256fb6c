import { Command } from 'commander';
import { Registry } from 'prom-client';
import { aborted } from '../../../lib/backoff.ts';
import type { RunningServer } from '../../../server/server.ts';
import { ConsumerMeter } from '../../../telemetry/consumer-meter.ts';
import { banner } from '../banner.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { prepareEnvironment } from '../environment.ts';
import type { ProcessParts } from '../operations.ts';
import { Clients, openGenerator, startConsumer, startRestServer } from '../roles.ts';
import { serverToken } from '../server-token.ts';

interface RunOptions extends CommonOptions {
  readonly json?: boolean;
}

interface Roles {
  readonly producer: boolean;
  readonly consumer: boolean;
  readonly server: boolean;
}

/** `run`: all roles in one process. */
export function runCommand(): Command {
  return roleCommand('run', 'everything in one process: generator, consumer, REST API and web console')
    .addHelpText(
      'after',
      '\nExamples:\n  test-service run\n  TEST_SERVICE_PRODUCER_RATE=500 test-service run',
    )
    .action((options: RunOptions) =>
      withContext(options, (context) => {
        const { producer, consumer } = context.config;
        return runRoles(context, options, {
          producer: producer.enabled,
          consumer: consumer.enabled,
          server: true,
        });
      }),
    );
}

/** `consume`: the consumer only; several of them share the partitions. */
export function consumeCommand(): Command {
  return roleCommand(
    'consume',
    'store orders from Kafka in PostgreSQL; several processes share the partitions',
  )
    .addHelpText('after', '\nExample:\n  test-service consume')
    .action((options: RunOptions) =>
      withContext(options, (context) =>
        runRoles(context, options, { producer: false, consumer: true, server: false }),
      ),
    );
}

/** `serve`: the REST API and the web console only. */
export function serveCommand(): Command {
  return roleCommand('serve', 'the REST API and the web console')
    .addHelpText('after', '\nExample:\n  TEST_SERVICE_SERVER_PORT=9001 test-service serve')
    .action((options: RunOptions) =>
      withContext(options, (context) =>
        runRoles(context, options, { producer: false, consumer: false, server: true }),
      ),
    );
}

function roleCommand(name: string, description: string): Command {
  return withCommonOptions(new Command(name))
    .description(description)
    .option('--json', 'print where everything is as one line of JSON');
}

async function runRoles(context: CommandContext, options: RunOptions, roles: Roles): Promise<void> {
  const { config, logger, resources, signal } = context;
  // Before engines are started for a server that must not.
  if (roles.server) serverToken(config.server);
  const engines = await prepareEnvironment(config, {
    resources,
    logger,
    signal,
    onProgress: ({ engine, step }) => process.stderr.write(`${engine}: ${step}\n`),
  });
  const clients = new Clients(config, resources, logger);
  const registry = new Registry();
  const consumer = roles.consumer ? meteredConsumer() : undefined;
  const server = roles.server ? await startServing() : undefined;
  const names = Object.entries(roles).flatMap(([role, on]) => (on === true ? [role] : []));
  const where = { config, url: server?.url, engines: engines.statuses, roles: names };
  if (options.json === true) printJson({ url: server?.url, roles: names, engines: engines.statuses });
  else print(banner(where));
  await aborted(signal);
  logger.info({}, 'stopping');

  function meteredConsumer(): NonNullable<ProcessParts['consumer']> {
    const meter = new ConsumerMeter(registry);
    return { meter, role: startConsumer(config, clients, resources, logger, meter) };
  }

  /** A server can start the generator even where it does not run from the beginning. */
  async function startServing(): Promise<RunningServer> {
    const generator = openGenerator(config, clients, logger);
    const running = await startRestServer(config, clients, resources, logger, {
      generator,
      consumer,
      registry,
    });
    resources.defer('producer', () => generator.close());
    if (roles.producer) await generator.start();
    return running;
  }
}
