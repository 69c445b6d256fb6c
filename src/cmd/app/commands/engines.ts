import { Command } from 'commander';
import { type EngineUse, ensureEngines, stopEngines } from '../../../engines/engines.ts';
import { type EngineStatus, engineStatuses } from '../../../engines/statuses.ts';
import { AppError } from '../../../lib/app-error.ts';
import {
  type CommonOptions,
  configFrom,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { engineSettings } from '../environment.ts';

interface EnginesOptions extends CommonOptions {
  readonly json?: boolean;
}

/** `engines up | down | status`: PostgreSQL, Kafka and Redis on this machine. */
export function enginesCommand(): Command {
  const engines = new Command('engines')
    .description('the local PostgreSQL, Kafka and Redis')
    .addHelpText('after', '\nExamples:\n  test-service engines up\n  test-service engines status --json');
  engines.addCommand(
    subcommand('up', 'start those that do not answer and keep them running').action(
      (options: EnginesOptions) =>
        withContext(options, async ({ config, logger, signal }) => {
          const handle = await ensureEngines(engineSettings(config), {
            logger,
            owner: 'up',
            signal,
            onProgress: ({ engine, step }) => process.stderr.write(`${engine}: ${step}\n`),
          });
          if (options.json === true) return printJson(handle.statuses);
          return print(handle.statuses.map(useLine).join('\n'));
        }),
    ),
  );
  engines.addCommand(
    subcommand('down', 'stop the local engines; their data stays').action((options: EnginesOptions) =>
      withContext(options, async ({ config, logger }) => {
        const stopped = await stopEngines(engineSettings(config), logger);
        if (options.json === true) return printJson(stopped);
        return print(stopped.length === 0 ? 'no local engine was running' : `stopped ${stopped.join(', ')}`);
      }),
    ),
  );
  engines.addCommand(
    subcommand('status', 'say which engines answer; exit code 1 when one does not').action(
      async (options: EnginesOptions) => {
        const statuses = await engineStatuses(engineSettings(configFrom(options)));
        if (options.json === true) printJson(statuses);
        else print(statuses.map(statusLine).join('\n'));
        const silent = statuses.filter((status) => status.answer !== 'answers');
        if (silent.length > 0 && options.json !== true) {
          throw new AppError(
            'engine_unavailable',
            'not every engine answers: test-service engines up starts local ones',
          );
        }
        if (silent.length > 0) process.exitCode = 1;
      },
    ),
  );
  return engines;
}

/** `postgresql  127.0.0.1:5432  answers, local 18.4, pid 4711, by \`run\``, and where its data is. */
export function statusLine(status: EngineStatus): string {
  const { local, version } = status;
  const words = {
    answers: 'answers',
    starting: 'is starting',
    silent: 'is silent',
    other: 'is something else',
    none: 'does not answer',
  };
  const what = [
    words[status.answer],
    ...(version === undefined ? [] : [local === undefined ? version : `local ${version}`]),
    ...(local === undefined ? [] : [`pid ${local.pid}, by \`${local.owner}\``]),
  ];
  const line = `${status.engine.padEnd(11)} ${status.address.padEnd(22)} ${what.join(', ')}`;
  return local === undefined ? line : `${line}\n${' '.repeat(12)}data in ${local.dataFolder}`;
}

function useLine(use: EngineUse): string {
  const local = use.pid === undefined ? '' : `, local ${use.version ?? ''}, pid ${use.pid}`;
  return `${use.engine.padEnd(11)} ${use.address.padEnd(22)} ${use.state}${local}`;
}

function subcommand(name: string, description: string): Command {
  return withCommonOptions(new Command(name)).description(description).option('--json', 'as JSON');
}
