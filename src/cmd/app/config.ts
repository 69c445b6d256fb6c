import { readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { isMap, isScalar, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { parsePostgresqlUrl, redactUrl } from '../../lib/connection-url.ts';
import { type Environment, readEnvironment } from './config-environment.ts';
import { checkMeaning, configError, explain, settings } from './config-problems.ts';
import { type Config, ConfigSchema } from './config-schema.ts';
import { type ConfigProblem, isRecord, valueAt } from './config-section.ts';

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
    throw new AppError('config_invalid', `can't read ${file}: no such file`);
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
  for (const { path, schema } of settings())
    if (schema['secret'] === true && valueAt(copy, path) !== '') put(copy, path, '***');
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

/** What a settings file holds. */
interface ConfigFile {
  readonly tree: Record<string, unknown>;
  /** `file:line:column` of the key on the path (`server.port`), if the file has it. */
  placeOf(path: string): string | undefined;
}

/**
 * Reads YAML. Errors give place and kind only: the parser's messages quote the file, which holds passwords.
 * @returns undefined when there is no such file
 * @throws AppError `config_invalid` when it can't be read, or is not a mapping in YAML
 */
function readConfigFile(file: string): ConfigFile | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isRecord(error) && error['code'] === 'ENOENT') return undefined;
    throw new AppError('config_invalid', `can't read ${file}: ${messageOf(error)}`, { cause: error });
  }
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const refuse = (why: string): AppError => new AppError('config_invalid', why);
  let document: ReturnType<typeof parseDocument<ParsedNode>>;
  let content: unknown;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    if (document.errors.length === 0) content = document.toJS() ?? {};
    // Endless where an alias leads back to its own anchor, or too deep: neither is a settings file.
    JSON.stringify(content);
  } catch {
    throw refuse(`${file} is nested too deeply, or its aliases are undefined, circular or too large`);
  }
  const wrong = document.errors.map(({ code, pos }) => `${place(pos[0])}: ${code.toLowerCase().replaceAll('_', ' ')}`);
  if (wrong.length > 0) throw refuse(`the settings file is not YAML:\n  ${wrong.join('\n  ')}`);
  if (!isRecord(content)) throw refuse(`${file} must be a mapping of sections`);
  const placeOf = (path: string): string | undefined => {
    let node: unknown = document.contents;
    let offset: number | undefined;
    for (const part of path.split('.')) {
      const pair = isMap<ParsedNode, ParsedNode>(node)
        ? node.items.find(({ key }) => isScalar(key) && String(key.value) === part)
        : undefined;
      if (pair === undefined) break;
      offset = pair.key.range[0];
      node = pair.value;
    }
    return offset === undefined ? undefined : place(offset);
  };
  return { tree: prune(content), placeOf };
}

/** A key with nothing behind it (`rate:`) means its default. */
function prune(tree: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(tree).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, isRecord(value) ? prune(value) : value]));
}
