import { isIP } from 'node:net';
import Value from 'typebox/value';
import { parseBroker } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { formatUrl, parsePostgresqlUrl, parseRedisUrls, redactUrl } from '../../lib/connection-url.ts';
import { ConfigSchema } from './config-schema.ts';

/** One problem of the configuration: where it is, what is there, what is allowed. Never a possible secret. */
export interface ConfigProblem {
  /** Dotted path (`server.port`), the environment variable's name, or the file's. */
  readonly path: string;
  readonly message: string;
}

/** A setting: its path and its own schema. */
export interface Leaf {
  readonly path: readonly string[];
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Every setting of the schema, in its order. */
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

/** What is wrong with the settings by the schema. */
export function explain(value: unknown): ConfigProblem[] {
  const byPath = new Map<string, ConfigProblem>();
  for (const error of Value.Errors(ConfigSchema, value)) {
    if (error.keyword === 'boolean') continue;
    const parts = error.instancePath.split('/').slice(1);
    if (error.keyword === 'additionalProperties') {
      for (const key of error.params.additionalProperties) {
        const path = [...parts, key].join('.');
        byPath.set(path, { path, message: `is not a setting${suggest(path, allPaths())}` });
      }
      continue;
    }
    const leaf = settings().find((one) => one.path.every((part, at) => parts[at] === part));
    const path = (leaf?.path ?? parts).join('.');
    if (byPath.has(path)) continue;
    const allowed = leaf === undefined ? 'a mapping of settings' : allowedText(leaf.schema);
    const found = shown(valueAt(value, leaf?.path ?? parts));
    byPath.set(path, { path, message: `is ${path === 'server.token' ? '***' : found}; allowed: ${allowed}` });
  }
  return [...byPath.values()];
}

/** An AppError `config_invalid` that lists them, each with its place (`config.yaml:3:5`, a variable) if it has one. */
export function configError(
  problems: readonly ConfigProblem[],
  placeOf: (path: string) => string | undefined,
): AppError {
  const lines = problems.map(({ path, message }) => {
    const place = placeOf(path);
    return `  ${place === undefined ? '' : `${place}: `}${shownKey(path)} ${message}`;
  });
  return new AppError('config_invalid', `the configuration has ${problems.length} problem(s):\n${lines.join('\n')}`);
}

/** What a setting may hold, in words. */
function allowedText(schema: Readonly<Record<string, unknown>>): string {
  const { type, minimum, maximum, allowed } = schema;
  if (typeof allowed === 'string') return allowed;
  if (Array.isArray(schema['enum'])) return schema['enum'].join(' | ');
  if (Array.isArray(schema['anyOf'])) {
    return schema['anyOf'].filter(isRecord).map(allowedText).join(' | ');
  }
  if ('const' in schema) return String(schema['const']);
  if (type === 'boolean') return 'true | false';
  if (type === 'integer' || type === 'number') return `${String(type)} from ${String(minimum)} to ${String(maximum)}`;
  return 'text, not empty';
}

/** `; did you mean …?` with the candidate that is almost the word, or nothing. */
export function suggest(word: string, candidates: readonly string[]): string {
  let best: string | undefined;
  let bestDistance = 4;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? '' : `; did you mean ${best}?`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sections and settings. */
function allPaths(): string[] {
  const paths = settings().flatMap(({ path }) => path.map((_, at) => path.slice(0, at + 1).join('.')));
  return [...new Set(paths)];
}

/** A value as it may be shown: whole only if it has no characters of a URL with a password. */
function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  if (isRecord(value)) return 'a mapping';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'string') return String(value);
  return /^[\w .+-]{0,40}$/.test(value) ? JSON.stringify(value) : redactUrl(value);
}

function shownKey(path: string): string {
  return /^[\w./\\ :-]{1,200}$/.test(path) && !path.includes('://') ? path : '***';
}

/** The value on the path; undefined where there is none. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const part of path) at = isRecord(at) ? at[part] : undefined;
  return at;
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

/** The URLs among the settings, in the spelling that every driver reads as it is meant. */
export interface ReadUrls {
  readonly postgresql: string;
  readonly redis: string;
}

/**
 * Settings that the engines would refuse: addresses that lead nowhere, invalid names. Each one is added to `problems`.
 * Values that are not text are left to the schema.
 */
export function checkMeaning(tree: unknown, problems: ConfigProblem[]): ReadUrls {
  const textAt = (path: string): string | undefined => {
    const value = valueAt(tree, path.split('.'));
    return typeof value === 'string' ? value : undefined;
  };
  const say = (path: string, message: string): number => problems.push({ path, message });
  const read = <T>(path: string, text: string | undefined, parse: (text: string) => T): T | undefined => {
    try {
      return text === undefined ? undefined : parse(text);
    } catch (error) {
      say(path, `is wrong: ${messageOf(error)}`);
      return undefined;
    }
  };
  const brokers = valueAt(tree, ['kafka', 'brokers']);
  for (const broker of Array.isArray(brokers) ? brokers : [])
    if (typeof broker === 'string') read('kafka.brokers', broker, parseBroker);
  const proxies = valueAt(tree, ['server', 'trustedProxies']);
  for (const proxy of Array.isArray(proxies) ? proxies : [])
    if (typeof proxy === 'string' && !isAddressRange(proxy))
      say('server.trustedProxies', 'must be IP addresses and ranges of them, such as 10.0.0.0/8');
  checkTopics(textAt('kafka.topic'), textAt('kafka.deadLetterTopic'), say);
  // Braces choose the node of a Redis Cluster: all keys would be on one.
  if (/[{}]/.test(textAt('cache.keyPrefix') ?? '')) say('cache.keyPrefix', 'must be without { and }');
  const toPostgresql = (text: string): string => formatUrl(parsePostgresqlUrl(text));
  const toRedis = (text: string): string => parseRedisUrls(text).map(formatUrl).join(',');
  return {
    postgresql: read('postgresql.url', textAt('postgresql.url'), toPostgresql) ?? '',
    redis: read('redis.url', textAt('redis.url'), toRedis) ?? '',
  };
}

/** `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. */
function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function checkTopics(
  topic: string | undefined,
  deadLetterTopic: string | undefined,
  say: (path: string, message: string) => number,
): void {
  for (const [key, name] of Object.entries({ topic, deadLetterTopic })) {
    const problem = name === undefined ? undefined : topicNameProblem(name);
    if (problem !== undefined) say(`kafka.${key}`, problem);
  }
  if (topic === undefined || deadLetterTopic === undefined) return;
  if (topic === deadLetterTopic)
    say('kafka.deadLetterTopic', 'must not be kafka.topic: each bad message would come back as the next bad message');
  else if (topicsCollide(topic, deadLetterTopic))
    say('kafka.deadLetterTopic', 'differs from kafka.topic only in dots and underscores, which Kafka refuses');
}

const OWN_TOPICS = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state', '__cluster_metadata']);

/**
 * Why Kafka would not take this name for a topic, or would keep it for itself; undefined when it is fine.
 * org.apache.kafka.common.internals.Topic
 */
function topicNameProblem(name: string): string | undefined {
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name)) return 'must be 1 to 249 letters, digits, dots, underscores or dashes';
  if (name === '.' || name === '..') return 'must be more than dots';
  if (OWN_TOPICS.has(name)) return 'is a topic of Kafka itself';
  return undefined;
}

/** Whether Kafka takes two topics for one or refuses the second: in its metric names a dot becomes an underscore. */
function topicsCollide(one: string, other: string): boolean {
  return one.replaceAll('.', '_') === other.replaceAll('.', '_');
}
