import { createServer } from 'node:net';
import { Command } from 'commander';
import { engineStatuses } from '../../../engines/statuses.ts';
import { listTopics } from '../../../kafka/topics.ts';
import { messageOf } from '../../../lib/app-error.ts';
import { schemaState } from '../../../storage/postgresql/migrate.ts';
import { cacheTrouble } from '../cache-finding.ts';
import type { Config } from '../config-schema.ts';
import { type CommonOptions, configFrom, print, printJson, withCommonOptions } from '../context.ts';
import { engineSettings, migrateOptions, topicsOf } from '../environment.ts';

interface DoctorOptions extends CommonOptions {
  readonly json?: boolean;
}

/** One thing looked at. */
interface Finding {
  readonly check: string;
  /** note: fine, but worth knowing. */
  readonly state: 'ok' | 'note' | 'bad';
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** `doctor`: what is well, what is not, what to do. */
export function doctorCommand(): Command {
  return withCommonOptions(new Command('doctor'))
    .description('check configuration, programs, engines, schema, topics and ports, and say what to do')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  test-service doctor\n  test-service doctor --json\n\nExit code 1 when something has to be done.',
    )
    .action(async (options: DoctorOptions) => {
      const findings = await examine(options);
      if (options.json === true) printJson(findings);
      else print(findings.map(line).join('\n'));
      if (findings.some((finding) => finding.state === 'bad')) process.exitCode = 1;
    });
}

async function examine(options: CommonOptions): Promise<Finding[]> {
  let config: Config;
  try {
    config = configFrom(options);
  } catch (error) {
    return [
      { check: 'configuration', state: 'bad', found: messageOf(error), advice: 'mend it, then look again' },
    ];
  }
  const settings = engineSettings(config);
  const statuses = await engineStatuses(settings);
  const local = config.engines === 'auto';
  const redisAnswers = statuses.some(({ engine, next }) => engine === 'redis' && next === 'use');
  const unusable = redisAnswers && config.cache.enabled ? await cacheTrouble(config) : undefined;
  const engines = statuses.map((status): Finding => {
    const check = status.engine;
    if (status.next === 'use') {
      const found = `answers at ${status.address}${version(status.version)}`;
      const trouble = check === 'redis' ? unusable : undefined;
      if (trouble === undefined) return { check, state: 'ok', found };
      return { check, state: 'bad', found: `${found}, but ${trouble.found}`, advice: trouble.advice };
    }
    if (status.next === 'start') {
      return {
        check,
        state: 'note',
        found: `does not answer at ${status.address}`,
        advice: '`run` starts a local one',
      };
    }
    if (status.next === 'go without') {
      const found = `does not answer at ${status.address}`;
      return { check, state: 'note', found, advice: 'lookups go without it until it does, only slower' };
    }
    return status.answer === 'other'
      ? {
          check,
          state: 'bad',
          found: `something else has ${status.address}`,
          advice: 'stop it, or set another port',
        }
      : {
          check,
          state: 'bad',
          found: `does not answer at ${status.address}`,
          advice: 'start it, or set engines: auto',
        };
  });
  const answers = (name: string): boolean =>
    statuses.some((status) => status.engine === name && status.answer === 'answers');
  const needed = local && statuses.some((status) => status.next === 'start');
  return [
    { check: 'configuration', state: 'ok', found: 'valid' },
    { check: 'bun', state: 'ok', found: Bun.version },
    ...(needed ? programs(answers) : []),
    ...engines,
    ...(answers('postgresql') ? [await schema(config)] : []),
    ...(answers('kafka') ? [await topics(config)] : []),
    await port(config),
  ];
}

function programs(answers: (name: string) => boolean): Finding[] {
  const wanted = [
    { engine: 'kafka', command: 'java', advice: 'apt-get install openjdk-17-jre-headless, or use Docker' },
    { engine: 'kafka', command: 'mvn', advice: 'apt-get install maven, or use Docker' },
    { engine: 'redis', command: 'redis-server', advice: 'apt-get install redis-server, or use Docker' },
  ];
  return wanted
    .filter(({ engine }) => !answers(engine))
    .map(({ command, advice }) => {
      const path = Bun.which(command);
      return path === null
        ? { check: command, state: 'bad', found: 'is not installed', advice }
        : { check: command, state: 'ok', found: path };
    });
}

async function schema(config: Config): Promise<Finding> {
  const check = 'schema';
  try {
    const { pending, troubles } = await schemaState(migrateOptions(config));
    if (troubles.length > 0)
      return { check, state: 'bad', found: troubles.join('; '), advice: '`run` refuses to start until then' };
    if (pending.length === 0) return { check, state: 'ok', found: 'up to date' };
    const found = `${pending.length} migration(s) pending`;
    return { check, state: 'note', found, advice: '`run` applies them, and so does `migrate up`' };
  } catch (error) {
    return { check, state: 'bad', found: messageOf(error), advice: 'check postgresql.url' };
  }
}

async function topics(config: Config): Promise<Finding> {
  const check = 'topics';
  try {
    const there = new Set(await listTopics(config.kafka.brokers));
    const missing = topicsOf(config).filter((topic) => !there.has(topic.name));
    if (missing.length === 0) return { check, state: 'ok', found: 'there' };
    const found = `missing: ${missing.map((topic) => topic.name).join(', ')}`;
    return { check, state: 'note', found, advice: '`run` creates them' };
  } catch (error) {
    return { check, state: 'bad', found: messageOf(error), advice: 'check kafka.brokers' };
  }
}

async function port(config: Config): Promise<Finding> {
  const { host, port: number } = config.server;
  const check = 'server port';
  const failure = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(messageOf(error)));
    server.listen(number, host, () => server.close(() => resolve(undefined)));
  });
  if (failure === undefined) return { check, state: 'ok', found: `${host}:${number} is free` };
  const advice = 'is it the running service? Otherwise set TEST_SERVICE_SERVER_PORT';
  return { check, state: 'note', found: failure, advice };
}

function version(text: string | undefined): string {
  return text === undefined ? '' : `, ${text}`;
}

function line({ check, state, found, advice }: Finding): string {
  const mark = { ok: 'ok  ', note: 'note', bad: 'BAD ' }[state];
  return `${mark}  ${check.padEnd(13)}  ${found}${advice === undefined ? '' : `\n                     → ${advice}`}`;
}
