import { Command } from 'commander';
import { type EngineReport, reportEngines } from '../../../engines/report.ts';
import { KafkaProbe, type TopicLayout } from '../../../kafka/admin/kafka-probe.ts';
import type { KafkaClients } from '../../../kafka/clients.ts';
import { type Address, formatAddress } from '../../../lib/address.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { readTls } from '../../../lib/tls.ts';
import { stateOf, validityOf } from '../../../server/http/certificate-watch.ts';
import type { Handler } from '../../../server/http/handler.ts';
import { startServer } from '../../../server/http/server.ts';
import { CacheUnusable } from '../../../storage/cache-trouble.ts';
import { Database } from '../../../storage/postgresql/database.ts';
import { PostgresIdentity } from '../../../storage/postgresql/database-identity.ts';
import { schemaState } from '../../../storage/postgresql/migrate.ts';
import { TO_WRITABLE } from '../../../storage/postgresql/sql-error.ts';
import { checkCache } from '../../../storage/redis/cache-inspector.ts';
import { silentLogger } from '../../../telemetry/logger.ts';
import type { Config } from '../config-schema.ts';
import { type CommonOptions, configFrom, print, printJson, withCommonOptions } from '../context.ts';
import { engineSettings, kafkaClients, migrateOptions, topicsOf } from '../environment.ts';
import { checkProcesses } from '../server-processes.ts';
import { serverToken } from '../server-token.ts';
import { askHere, reachable } from './health.ts';

/** One thing looked at. */
interface Finding {
  readonly check: string;
  /** note: fine, but worth knowing. */
  readonly state: 'ok' | 'note' | 'bad';
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** `doctor`: what works, what does not, what to do. */
export function doctorCommand(): Command {
  return withCommonOptions(new Command('doctor'))
    .description('check configuration, programs, engines, schema, topics and ports, and say what to do')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  test-service doctor\n  test-service doctor --json\n\nExit code 1 when something needs attention.',
    )
    .action(async (options: CommonOptions & { readonly json?: boolean }) => {
      const findings = await examine(options);
      if (options.json === true) printJson(findings);
      else print(findings.map(line).join('\n'));
      if (findings.some((finding) => finding.state === 'bad')) process.exitCode = 1;
    });
}

/** Makes the checks that `run` makes, by its own code, and changes nothing. */
async function examine(options: CommonOptions): Promise<Finding[]> {
  let config: Config;
  try {
    config = configFrom(options);
  } catch (error) {
    return [
      {
        check: 'configuration',
        state: 'bad',
        found: messageOf(error),
        advice: 'fix it, then run doctor again',
      },
    ];
  }
  const statuses = await reportEngines(engineSettings(config));
  const answers = (name: string): boolean =>
    statuses.some((status) => status.engine === name && status.answer === 'answers');
  const unless = async (name: string, look: () => Promise<Finding>): Promise<Finding[]> =>
    answers(name) ? [await look()] : [];
  const looks = await Promise.all([
    [{ check: 'configuration', state: 'ok', found: 'valid' } as const],
    [access(config)],
    [{ check: 'bun', state: 'ok', found: Bun.version } as const],
    ...statuses.map(async (status) => [await engine(config, status)]),
    unless('postgresql', () => schema(config)),
    unless('kafka', () => topics(config)),
    certificate(config),
    [await port(config)],
  ]);
  return looks.flat();
}

/** Who may do what over REST. */
function access({ server }: Config): Finding {
  const check = 'server access';
  try {
    checkProcesses(server.processes);
    return { check, state: 'ok', found: serverToken(server) === '' ? 'without a token' : 'with a token' };
  } catch (error) {
    return { check, state: 'bad', found: messageOf(error), advice: 'do what the message says' };
  }
}

/** The server's own certificate, where it has one. */
function certificate({ server: { tls } }: Config): Finding[] {
  if (tls.certificate === '') return [];
  const { validTo } = validityOf(readTls('server.tls', tls));
  const state = ({ fine: 'ok', 'ends soon': 'note', ended: 'bad' } as const)[stateOf(validTo, Date.now())];
  const found = `valid until ${new Date(validTo).toISOString()}`;
  const advice = { advice: 'renew the files of server.tls; a running server notices by itself' };
  return [{ check: 'server certificate', state, found, ...(state !== 'ok' && advice) }];
}

async function engine(config: Config, status: EngineReport): Promise<Finding> {
  const { engine: check, address, next, obstacle } = status;
  if (next === 'use') {
    const found = `answers at ${address}${version(status.version)}`;
    const trouble = check === 'redis' && config.cache.enabled ? await cacheTrouble(config) : undefined;
    return trouble === undefined
      ? { check, state: 'ok', found }
      : { check, state: 'bad', found: `${found}, but ${trouble}` };
  }
  const found = `does not answer at ${address}`;
  if (next === 'start') return { check, state: 'note', found, advice: '`run` starts a local one' };
  if (next === 'go without')
    return { check, state: 'note', found, advice: 'until it does, lookups work without it, but slower' };
  if (obstacle !== undefined)
    return { check, state: 'bad', found: status.answer === 'none' ? `${found}, and ${obstacle}` : obstacle };
  return status.answer === 'other'
    ? {
        check,
        state: 'bad',
        found: `something else listens at ${address}`,
        advice: 'stop it, or set another port',
      }
    : {
        check,
        state: 'bad',
        found,
        advice: status.startable ? 'start it, or set engines: auto' : 'start it, or check its address',
      };
}

/** Why Redis can't serve as this database's cache, and what to do; undefined when it can, as far as we can tell. */
async function cacheTrouble(config: Config): Promise<string | undefined> {
  const { cache, postgresql, redis } = config;
  const database = new Database({ ...postgresql, maxConnections: 1, applicationName: 'test-service doctor' });
  try {
    await checkCache({ ...redis, keyPrefix: cache.keyPrefix, database: new PostgresIdentity(database) });
    return undefined;
  } catch (error) {
    // A database that is still to be made has no keys that could be somebody else's.
    if (!(error instanceof CacheUnusable) || error.trouble === 'unverified') return undefined;
    return `can't be used as a cache: ${error.trouble}, ${error.message}`;
  } finally {
    await database.close();
  }
}

async function schema(config: Config): Promise<Finding> {
  const check = 'schema';
  const database = new Database({ ...config.postgresql, applicationName: 'test-service doctor' });
  try {
    const { pending, troubles } = await schemaState(migrateOptions(config));
    if (troubles.length > 0)
      return { check, state: 'bad', found: troubles.join('; '), advice: 'fix this first: `run` refuses to start' };
    if (pending.length > 0) {
      const found = `${pending.length} migration(s) pending`;
      return config.postgresql.migrations === 'check'
        ? { check, state: 'bad', found, advice: 'apply them with `migrate up`: postgresql.migrations is check' }
        : { check, state: 'note', found, advice: '`run` applies them, and so does `migrate up`' };
    }
    const obstacle = await database.writeObstacle();
    if (obstacle !== undefined) return { check, state: 'bad', found: obstacle, advice: TO_WRITABLE };
    return { check, state: 'ok', found: 'up to date' };
  } catch (error) {
    const advised = error instanceof AppError && error.advice !== undefined;
    return { check, state: 'bad', found: messageOf(error), ...(!advised && { advice: 'check postgresql.url' }) };
  } finally {
    await database.close();
  }
}

async function topics(config: Config): Promise<Finding> {
  const check = 'topics';
  const missing: string[] = [];
  const other: string[] = [];
  const unsafe: string[] = [];
  try {
    for (const { name, partitions } of topicsOf(config)) {
      const layout = await layoutOf(kafkaClients(config), name);
      if (layout === undefined) {
        missing.push(name);
        continue;
      }
      if (layout.partitions !== partitions)
        other.push(`${name} has ${layout.partitions} partitions, not ${partitions}`);
      const risk = riskOf(layout);
      if (risk !== undefined) unsafe.push(`${name} ${risk}`);
    }
  } catch (error) {
    const told = error instanceof AppError && error.advice !== undefined;
    const advice = 'check kafka.brokers, and what the brokers advertise (advertised.listeners)';
    return { check, state: 'bad', found: messageOf(error), ...(!told && { advice }) };
  }
  if (missing.length > 0)
    return { check, state: 'note', found: `missing: ${missing.join(', ')}`, advice: '`run` creates them' };
  if (unsafe.length > 0) {
    const advice =
      'three replicas and min.insync.replicas=2 outlive any broker (kafka-reassign-partitions, kafka-configs)';
    return { check, state: 'note', found: [...unsafe, ...other].join('; '), advice };
  }
  if (other.length === 0) return { check, state: 'ok', found: 'present, and their leaders answer' };
  const advice = 'it is used unchanged: kafka.partitions applies only to topics that `run` creates';
  return { check, state: 'note', found: other.join('; '), advice };
}

/** What the loss of one broker would do to a topic of several brokers; undefined: nothing. */
function riskOf({ replicas, leastInSync, brokers, behind }: TopicLayout): string | undefined {
  if (behind.length > 0) return `lacks replicas in sync in partition(s) ${behind.join(', ')}`;
  if (brokers === 1) return undefined;
  if (replicas === 1) return 'has one replica: with its broker, messages are gone';
  if (leastInSync === 1) return 'has min.insync.replicas 1: what one broker alone has taken can be gone with it';
  if (leastInSync !== undefined && leastInSync >= replicas)
    return `takes no messages while one of its ${replicas} replicas is away`;
  return undefined;
}

/** Undefined for a topic that is not there. */
async function layoutOf(kafka: KafkaClients, topic: string): Promise<TopicLayout | undefined> {
  const probe = new KafkaProbe(kafka, topic);
  try {
    return await probe.check();
  } catch (error) {
    if (error instanceof AppError && error.code === 'topic_missing') return undefined;
    throw error;
  } finally {
    await probe.close();
  }
}

/** Listens as the server does, and stops at once. */
async function port({ server }: Config): Promise<Finding> {
  const check = 'server port';
  const { host, port: number, tls } = server;
  const scheme = tls.certificate === '' ? 'http' : 'https';
  const nowhere = { serve: () => new Response(null, { status: 503 }) };
  const nothing: Handler = { routes: new Map(), find: () => nowhere };
  try {
    await startServer(nothing, server, silentLogger).close(0);
    return { check, state: 'ok', found: `${host}:${number} is free` };
  } catch (error) {
    const taken = error instanceof AppError && error.code === 'port_in_use';
    if (taken && (await isService(scheme, { host, port: number })))
      return {
        check,
        state: 'note',
        found: `the service runs at ${host}:${number}`,
        advice: 'a second one needs another port (TEST_SERVICE_SERVER_PORT)',
      };
    return { check, state: 'bad', found: messageOf(error) };
  }
}

/** Whether this very service answers there. */
async function isService(scheme: string, address: Address): Promise<boolean> {
  const url = `${scheme}://${formatAddress(reachable(address))}`;
  try {
    const answer: unknown = JSON.parse((await askHere(`${url}/readyz`, 2_000)).body);
    return typeof answer === 'object' && answer !== null && 'engines' in answer;
  } catch {
    return false;
  }
}

function version(text: string | undefined): string {
  return text === undefined ? '' : `, ${text}`;
}

function line({ check, state, found, advice }: Finding): string {
  const mark = { ok: 'ok  ', note: 'note', bad: 'BAD ' }[state];
  return `${mark}  ${check.padEnd(13)}  ${found}${advice === undefined ? '' : `\n                     → ${advice}`}`;
}
