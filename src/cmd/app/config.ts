import { readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { parseDocument } from 'yaml';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { type Config, ConfigSchema } from './config-schema.ts';

/** One problem of the configuration: where, what stands there, what is allowed. */
export interface ConfigProblem {
  /** Dotted path (`server.port`) or the environment variable's name. */
  readonly path: string;
  readonly message: string;
}

export interface LoadOptions {
  /** YAML file. Without it `config.yaml` in `cwd`, which may be absent; a named file must exist. */
  readonly file?: string | undefined;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export const ENV_PREFIX = 'TEST_SERVICE_';

interface Leaf {
  readonly path: readonly string[];
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Every setting of the schema, in its order: the path and its own schema. */
export function settings(): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (schema: Readonly<Record<string, unknown>>, path: readonly string[]): void => {
    const properties = schema['properties'];
    if (!isRecord(properties)) {
      leaves.push({ path, schema });
      return;
    }
    for (const [key, child] of Object.entries(properties)) if (isRecord(child)) visit(child, [...path, key]);
  };
  visit(ConfigSchema as unknown as Record<string, unknown>, []);
  return leaves;
}

/** `kafka.deadLetterTopic` → `TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC`. */
export function environmentName(path: readonly string[]): string {
  return ENV_PREFIX + path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('_');
}

/**
 * Defaults, then the YAML file, then the environment; all checked together.
 * @throws AppError `config_invalid` that names every problem.
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const problems: ConfigProblem[] = [];
  const tree = readFile(options, problems);
  const sources = applyEnvironment(tree, options.env ?? process.env, problems);
  const complete = Value.Default(ConfigSchema, tree);
  if (!Value.Check(ConfigSchema, complete)) problems.push(...explain(complete, sources));
  if (problems.length > 0 || !Value.Check(ConfigSchema, complete)) throw configError(problems);
  complete.kafka.group ||= defaultGroup(complete.kafka.topic);
  return complete;
}

/** Follows the topic: in one group, services of two topics would disturb each other at every rebalance. */
function defaultGroup(topic: string): string {
  return topic === 'orders' ? 'test-service' : `test-service.${topic}`;
}

/** The settings as environment variables: `loadConfig` makes the same settings of them. */
export function toEnvironment(config: Config): Record<string, string> {
  return Object.fromEntries(
    settings().map(({ path }) => {
      const value = path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), config);
      return [environmentName(path), Array.isArray(value) ? value.join(',') : String(value)];
    }),
  );
}

/** The settings with passwords replaced, for printing. */
export function redactConfig(config: Config): Config {
  const copy = structuredClone(config);
  copy.postgresql.url = redactUrl(copy.postgresql.url);
  copy.redis.url = redactUrl(copy.redis.url);
  if (copy.server.token !== '') copy.server.token = '***';
  return copy;
}

/** `postgres://u:secret@h/d` → `postgres://u:***@h/d`; of several, with commas between them, each. */
export function redactUrl(text: string): string {
  const several = text.split(/,(?=rediss?:)/);
  if (several.length > 1) return several.map(redactUrl).join(',');
  if (!URL.canParse(text)) return text.replace(/:[^:@/]*@/, ':***@');
  const url = new URL(text);
  if (url.password !== '') url.password = '***';
  for (const key of url.searchParams.keys())
    if (/password|secret|token/i.test(key)) url.searchParams.set(key, '***');
  return url.href;
}

function readFile(options: LoadOptions, problems: ConfigProblem[]): Record<string, unknown> {
  const file = options.file ?? `${options.cwd ?? process.cwd()}/config.yaml`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (options.file === undefined && isRecord(error) && error['code'] === 'ENOENT') return {};
    throw new AppError('config_invalid', `can't read ${file}: ${messageOf(error)}`, { cause: error });
  }
  const document = parseDocument(text, { uniqueKeys: true });
  for (const error of document.errors) problems.push({ path: file, message: error.message });
  if (document.errors.length > 0) return {};
  const content: unknown = document.toJS() ?? {};
  if (isRecord(content)) return prune(content);
  problems.push({ path: file, message: 'must be a mapping of sections' });
  return {};
}

/** A key with nothing behind it (`rate:`) means its default. */
function prune(tree: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(tree).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, isRecord(value) ? prune(value) : value]));
}

function applyEnvironment(
  tree: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
  problems: ConfigProblem[],
): Map<string, string> {
  const known = new Map(settings().map((leaf) => [environmentName(leaf.path), leaf]));
  const sources = new Map<string, string>();
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || text === undefined) continue;
    const leaf = known.get(variable);
    if (leaf === undefined) {
      problems.push({ path: variable, message: `is no setting${suggest(variable, [...known.keys()])}` });
      continue;
    }
    sources.set(leaf.path.join('.'), variable);
    put(tree, leaf.path, fromText(text, leaf.schema));
  }
  return sources;
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

/** Environment text → the value its schema wants; what does not convert stays text and fails the check. */
function fromText(text: string, schema: Readonly<Record<string, unknown>>): unknown {
  if (schema['type'] === 'array') {
    const parts = text.split(',').map((part) => part.trim());
    return text.trim() === '' ? [] : parts;
  }
  if (schema['type'] === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  const numeric =
    schema['type'] === 'integer' ||
    schema['type'] === 'number' ||
    (Array.isArray(schema['anyOf']) &&
      schema['anyOf'].some((one) => isRecord(one) && one['type'] === 'integer'));
  if (numeric && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}

function explain(value: unknown, sources: ReadonlyMap<string, string>): ConfigProblem[] {
  const byPath = new Map<string, ConfigProblem>();
  for (const error of Value.Errors(ConfigSchema, value)) {
    if (error.keyword === 'boolean') continue;
    const parts = error.instancePath.split('/').slice(1);
    if (error.keyword === 'additionalProperties') {
      for (const key of error.params.additionalProperties) {
        const path = [...parts, key].join('.');
        byPath.set(path, { path, message: `is no setting${suggest(path, allPaths())}` });
      }
      continue;
    }
    const leaf = settings().find((one) => one.path.every((part, at) => parts[at] === part));
    const path = (leaf?.path ?? parts).join('.');
    if (byPath.has(path)) continue;
    const found = path === 'server.token' ? '***' : JSON.stringify(valueAt(value, leaf?.path ?? parts));
    const allowed = leaf === undefined ? 'a mapping of settings' : allowedText(leaf.schema);
    const source = sources.get(path);
    const from = source === undefined ? '' : ` (from ${source})`;
    byPath.set(path, { path, message: `is ${shorten(found)}${from}; allowed: ${allowed}` });
  }
  return [...byPath.values()];
}

function allPaths(): string[] {
  return settings().map((leaf) => leaf.path.join('.'));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const part of path) at = isRecord(at) ? at[part] : undefined;
  return at;
}

function shorten(text: string | undefined): string {
  if (text === undefined) return 'absent';
  return text.length > 120 ? `${text.slice(0, 117)}...` : redactUrl(text);
}

/** What a setting may hold, in words. */
export function allowedText(schema: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].join(' | ');
  if (Array.isArray(schema['anyOf'])) {
    return schema['anyOf'].filter(isRecord).map(allowedText).join(' | ');
  }
  if ('const' in schema) return String(schema['const']);
  const { type, minimum, maximum, pattern } = schema;
  if (type === 'boolean') return 'true | false';
  if (type === 'integer' || type === 'number')
    return `${String(type)} from ${String(minimum)} to ${String(maximum)}`;
  if (type === 'array')
    return schema['minItems'] === 1 ? 'a list of host:port, one at least' : 'a list of host names';
  return typeof pattern === 'string' ? `text like ${pattern}` : 'text that is not empty';
}

function configError(problems: readonly ConfigProblem[]): AppError {
  const lines = problems.map((problem) => `  ${problem.path} ${problem.message}`);
  return new AppError(
    'config_invalid',
    `the configuration has ${problems.length} problem(s):\n${lines.join('\n')}`,
  );
}

function suggest(word: string, candidates: readonly string[]): string {
  let best: string | undefined;
  let bestDistance = 4;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? '' : `; did you mean ${best}?`;
}

/** Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitute, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
