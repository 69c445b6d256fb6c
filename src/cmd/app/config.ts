import Value from 'typebox/value';
import { AppError } from '../../lib/app-error.ts';
import { parsePostgresqlUrl, redactUrl } from '../../lib/connection-url.ts';
import { checkMeaning } from './config-checks.ts';
import { type Environment, readEnvironment } from './config-environment.ts';
import { readConfigFile } from './config-file.ts';
import { type ConfigProblem, configError, explain, isRecord } from './config-problems.ts';
import { type Config, ConfigSchema } from './config-schema.ts';

export interface LoadOptions {
  /** YAML file. Without it `config.yaml` in `cwd`, which may be absent; a named file must exist. */
  readonly file?: string | undefined;
  readonly cwd?: string;
  readonly env?: Environment;
  /** What `--log-level` says; it wins. */
  readonly logLevel?: string | undefined;
  /** Told of variables that look like settings and belong to Kubernetes. */
  readonly onIgnored?: (variables: readonly string[]) => void;
}

/**
 * Defaults, then the YAML file, then the environment; all checked together.
 * @throws AppError `config_invalid` that names every problem and its place, and shows no secret.
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const { file, cwd = process.cwd(), env = process.env, logLevel, onIgnored } = options;
  const problems: ConfigProblem[] = [];
  const found = readConfigFile(file ?? `${cwd}/config.yaml`);
  if (found === undefined && file !== undefined)
    throw new AppError('config_invalid', `can't read ${file}: there is no such file`);
  const { tree, placeOf } = found ?? { tree: {}, placeOf: () => undefined };
  const ignored: string[] = [];
  const sources = new Map<string, string>();
  const set = (source: string, path: readonly string[], value: unknown): void => {
    sources.set(path.join('.'), source);
    put(tree, path, value);
  };
  for (const { variable, path, value } of readEnvironment(env, problems, ignored)) set(variable, path, value);
  if (logLevel !== undefined) set('--log-level', ['log', 'level'], logLevel);
  const complete = Value.Default(ConfigSchema, tree);
  const urls = checkMeaning(complete, problems);
  if (!Value.Check(ConfigSchema, complete)) problems.push(...explain(complete));
  if (problems.length > 0 || !Value.Check(ConfigSchema, complete))
    throw configError(problems, (path) => sources.get(path) ?? placeOf(path));
  complete.kafka.group ||= defaultGroup(complete.kafka.topic);
  if (ignored.length > 0) onIgnored?.(ignored);
  complete.postgresql.url = urls.postgresql;
  complete.redis.url = urls.redis;
  complete.cache.keyPrefix ||= defaultKeyPrefix(complete.postgresql.url);
  return complete;
}

/** Follows the topic: in one group, services of two topics would disturb each other at every rebalance. */
function defaultGroup(topic: string): string {
  return topic === 'orders' ? 'test-service' : `test-service.${topic}`;
}

/** Follows the database: with one prefix, services of two databases would answer each other's orders. */
function defaultKeyPrefix(url: string): string {
  const { database, user } = parsePostgresqlUrl(url);
  const name = (database || user || 'postgres').replace(/[{}]/g, '_');
  return name === 'test_service' ? 'test-service' : `test-service.${name}`;
}

/** The settings with secrets replaced, for printing. */
export function redactConfig(config: Config): Config {
  const copy = structuredClone(config);
  copy.postgresql.url = redactUrl(copy.postgresql.url);
  copy.redis.url = redactUrl(copy.redis.url);
  if (copy.server.token !== '') copy.server.token = '***';
  return copy;
}

function put(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const child = tree[head];
  const next = isRecord(child) ? child : {};
  tree[head] = next;
  put(next, rest, value);
}
