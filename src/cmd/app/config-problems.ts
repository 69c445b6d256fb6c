import { isIP } from 'node:net';
import Value from 'typebox/value';
import { AppError } from '../../lib/app-error.ts';
import { redactUrl } from '../../lib/connection-url.ts';
import { readLifeTable } from '../../producer/life-table.ts';
import { parseStages } from '../../producer/stages.ts';
import { ConfigSchema } from './config-schema.ts';
import { type ConfigProblem, ConfigSection, isRecord, valueAt } from './config-section.ts';
import { checkKafka } from './kafka-problems.ts';
import { checkPostgresql } from './postgresql-problems.ts';
import { checkRedis } from './redis-problems.ts';

/** A setting: its path and its own schema, which has `secret: true` where the value must not be shown. */
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
    const found = leaf?.schema['secret'] === true ? '***' : shown(valueAt(value, leaf?.path ?? parts));
    byPath.set(path, { path, message: `is ${found}; allowed: ${allowed}` });
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
export function allowedText(schema: Readonly<Record<string, unknown>>): string {
  const { type, minimum, maximum, allowed } = schema;
  if (typeof allowed === 'string') return allowed;
  if (Array.isArray(schema['enum'])) return schema['enum'].join(' | ');
  if (Array.isArray(schema['anyOf'])) {
    return schema['anyOf'].filter(isRecord).map(allowedText).join(' | ');
  }
  if ('const' in schema) return String(schema['const']);
  if (type === 'boolean') return 'true | false';
  if (type === 'integer' || type === 'number') return `${String(type)} from ${String(minimum)} to ${String(maximum)}`;
  return type === 'array' ? 'a list' : 'text';
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

/** Adds to `problems` what the schema can't tell: addresses that lead nowhere, invalid names, contradictions. */
export function checkMeaning(tree: unknown, problems: ConfigProblem[]): ReadUrls {
  const section = (path: string): ConfigSection => new ConfigSection(tree, path, problems);
  checkServer(section('server'));
  checkTracing(section('tracing'));
  checkKafka(section('kafka'));
  const producer = section('producer');
  producer.read('lifeTable', readLifeTable);
  producer.attempt('stages', () => parseStages(producer.texts('stages')));
  checkReader(section('reader'));
  const cache = section('cache');
  // Braces choose the node of a Redis Cluster: all keys would be on one.
  if (/[{}]/.test(cache.text('keyPrefix') ?? '')) cache.say('keyPrefix', 'must be without { and }');
  return { postgresql: checkPostgresql(section('postgresql')), redis: checkRedis(section('redis')) };
}

function checkServer(server: ConfigSection): void {
  if (!server.texts('trustedProxies').every(isAddressRange))
    server.say('trustedProxies', 'must be IP addresses and ranges of them, such as 10.0.0.0/8');
  const { ca, certificate } = server.checkTls();
  if (ca !== '' && certificate === '') server.say('tls.ca', 'has no effect without server.tls.certificate');
}

function checkReader(reader: ConfigSection): void {
  const shares = (['absent', 'lists', 'repeats'] as const).map((key) => reader.value(key));
  const total = shares.reduce<number>((sum, share) => sum + (typeof share === 'number' ? share : 0), 0);
  if (total > 1 + 1e-9) reader.say('repeats', 'is too much: reader.absent, lists and repeats add up to 1 at most');
}

function checkTracing(tracing: ConfigSection): void {
  const endpoint = tracing.text('endpoint');
  const url = URL.parse(endpoint ?? '');
  if (endpoint !== undefined && !/^https?:$/.test(url?.protocol ?? ''))
    tracing.say('endpoint', 'must be a URL, such as http://127.0.0.1:4318/v1/traces');
  // The log names it.
  else if (url?.username || url?.password)
    tracing.say('endpoint', 'must be without user and password: tracing.headers can have them');
  tracing.read('headers', headersOf);
}

/**
 * `Authorization=Bearer%20…,X-Scope=a` → the headers; values are percent-decoded.
 * @throws AppError `config_invalid`, which does not show them
 */
export function headersOf(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] =
        /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*((?:[!-$&-~ ]|%[2-7][0-9A-Fa-f])*?)\s*$/.exec(pair) ?? [];
      if (name !== undefined && value !== undefined) return [name, decodeURIComponent(value)];
      throw new AppError(
        'config_invalid',
        'headers are name=value, with commas between them and %25 for a percent sign',
      );
    }),
  );
}

/** `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. */
function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
