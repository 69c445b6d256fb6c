import { Command } from 'commander';
import { type EngineUse, ensureEngines, stopEngines } from '../../../engines/engines.ts';
import { type EngineReport, reportEngines } from '../../../engines/report.ts';
import { AppError } from '../../../lib/app-error.ts';
import { type CommonOptions, configFrom, print, printJson, withCommonOptions, withContext } from '../context.ts';
import { engineSettings } from '../environment.ts';
import { listWidth, textTable } from '../output.ts';

interface EnginesOptions extends CommonOptions {
  readonly json?: boolean;
}

/** `engines up | down | status`: PostgreSQL, Kafka and Redis on this machine. */
export function enginesCommand(): Command {
  const engines = new Command('engines')
    .description('the local PostgreSQL, Kafka and Redis')
    .addHelpText('after', '\nExamples:\n  test-service engines up\n  test-service engines status --json');
  engines.addCommand(
    subcommand('up', 'start those that do not answer and keep them running').action((options: EnginesOptions) =>
      withContext(options, async ({ config, logger, signal }) => {
        const handle = await ensureEngines(engineSettings(config), {
          logger,
          owner: 'up',
          signal,
          onProgress: ({ engine, step }) => process.stderr.write(`${engine}: ${step}\n`),
        });
        if (options.json === true) return printJson(handle.statuses);
        return print(useLines(handle.statuses));
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
        const statuses = await reportEngines(engineSettings(configFrom(options)));
        if (options.json === true) printJson(statuses);
        else print(statusLines(statuses, listWidth()));
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

/** Lines like `postgresql  127.0.0.1:5432  answers, local 18.4, pid 4711, by \`run\``, and its data folder if local. */
export function statusLines(statuses: readonly EngineReport[], width: number): string {
  const words = {
    answers: 'answers',
    starting: 'is starting',
    silent: 'is silent',
    other: 'is something else',
    none: 'does not answer',
    refuses: 'refuses us',
  };
  const rows = statuses.map(({ engine, address, answer, version, local }) => [
    engine,
    address,
    [
      words[answer],
      ...(version === undefined ? [] : [local === undefined ? version : `local ${version}`]),
      ...(local === undefined ? [] : [`pid ${local.pid}, by \`${local.owner}\``]),
    ].join(', '),
  ]);
  const lines = textTable(['', '', ''], rows, width);
  return statuses
    .map(({ local }, at) => `${lines[at]}${local === undefined ? '' : `\n  data in ${local.dataFolder}`}`)
    .join('\n');
}

function useLines(uses: readonly EngineUse[]): string {
  const rows = uses.map(({ engine, address, state, pid, version }) => [
    engine,
    address,
    `${state}${pid === undefined ? '' : `, local ${version ?? ''}, pid ${pid}`}`,
  ]);
  return textTable(['', '', ''], rows, listWidth()).join('\n');
}

function subcommand(name: string, description: string): Command {
  return withCommonOptions(new Command(name)).description(description).option('--json', 'as JSON');
}
