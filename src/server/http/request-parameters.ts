import Type, { type TObject, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { violationsOf } from '../../lib/violations.ts';
import type { EndpointSpec } from './endpoint.ts';
import type { RequestViolation } from './problem.ts';

/** Reads all parameters of a request that an endpoint declares. Compiled once. */
export interface ParameterReader {
  /** Adds what is wrong to `violations`; the values are right when nothing was added. */
  read(raw: Request, violations: RequestViolation[]): Parameters;
}

export interface Parameters {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
}

type Values = Record<string, unknown>;
type Check = (values: Values, violations: RequestViolation[]) => void;

/** Past `http://`, the first slash begins the path. */
const PAST_SCHEME = 8;
const NOTHING: Values = Object.freeze({});
const NO_SEGMENTS: readonly string[] = [];

/** Compiles the parameters of an endpoint. */
export function parameterReader({ path, params, query, headers }: EndpointSpec): ParameterReader {
  const readPath = pathReader(path, params);
  const readQuery = queryReader(query);
  const readHeaders = headerReader(headers);
  return {
    read: (raw, violations) => {
      const { url } = raw;
      const queryAt = url.indexOf('?');
      return {
        params: readPath(url, queryAt === -1 ? url.length : queryAt, violations),
        query: readQuery(queryAt === -1 ? '' : url.slice(queryAt + 1), violations),
        headers: readHeaders(raw, violations),
      };
    },
  };
}

function pathReader(path: string, schema: TObject | undefined) {
  if (schema === undefined) return () => NOTHING;
  const check = checker('path', schema);
  const segments = path.split('/').slice(1);
  const places = segments.flatMap((segment, index) => {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    return name === undefined ? [] : [{ name, index, schema: schema.properties[name] }];
  });
  // True for most paths: their other segments then need no look.
  const onlyLast = places.length === 1 && places[0]?.index === segments.length - 1;
  return (url: string, end: number, violations: RequestViolation[]): Values => {
    const given = onlyLast ? NO_SEGMENTS : url.slice(url.indexOf('/', PAST_SCHEME) + 1, end).split('/');
    const values: Values = {};
    const before = violations.length;
    for (const place of places) {
      const text = decode(onlyLast ? url.slice(url.lastIndexOf('/', end - 1) + 1, end) : (given[place.index] ?? ''));
      if (text === undefined) violations.push(badEscape('path', place.name));
      else values[place.name] = convertOne(text, place.schema);
    }
    if (violations.length === before) check(values, violations);
    return values;
  };
}

function queryReader(schema: TObject = Type.Object({})) {
  const check = checker('query', schema);
  const defaults = Object.entries(schema.properties).flatMap(([name, one]) =>
    'default' in one ? [[name, one.default] as const] : [],
  );
  const takesAny = 'additionalProperties' in schema && schema.additionalProperties === true;
  const isPlain = Object.keys(schema.properties).length === 0;
  return (text: string, violations: RequestViolation[]): Values => {
    if (text === '' && isPlain) return NOTHING;
    const values: Values = { ...Object.fromEntries(defaults) };
    const bad = new Set<string>();
    for (const [name, texts] of split(text)) {
      const one = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      const decoded = texts.map(decode);
      if (one === undefined) {
        if (!takesAny) violations.push(unknownParameter(name, schema));
      } else if (decoded.some((value) => value === undefined)) {
        violations.push(badEscape('query', name));
        bad.add(name);
      } else if (decoded.length > 1 && !isList(one)) {
        violations.push({ in: 'query', pointer: name, message: 'is given more than once' });
        bad.add(name);
      } else {
        values[name] = convert(
          decoded.filter((value) => value !== undefined),
          one,
        );
      }
    }
    const found: RequestViolation[] = [];
    check(values, found);
    violations.push(...found.filter(({ pointer }) => !bad.has(pointer)));
    return values;
  };
}

function headerReader(schema: TObject | undefined) {
  if (schema === undefined) return () => NOTHING;
  const check = checker('header', schema);
  const properties = Object.entries(schema.properties);
  return (raw: Request, violations: RequestViolation[]): Values => {
    const values: Values = {};
    for (const [name, one] of properties) {
      const text = raw.headers.get(name);
      if (text !== null) values[name] = convertOne(text, one);
      else if ('default' in one) values[name] = one.default;
    }
    check(values, violations);
    return values;
  };
}

function checker(place: RequestViolation['in'], schema: TObject): Check {
  const compiled = Compile(schema);
  return (values, violations) => {
    if (compiled.Check(values)) return;
    // `/limit` → `limit`; a place in a list is the list's.
    for (const { pointer, message } of violationsOf(compiled.Errors(values)))
      violations.push({ in: place, pointer: pointer.split('/')[1] ?? '', message });
  };
}

/** `a=1&b=2&a=3` → a: 1, 3; b: 2. Still encoded, but for the names and `+`. */
function split(text: string): Map<string, string[]> {
  const parts = text.split('&').filter((part) => part !== '');
  const byName = new Map<string, string[]>();
  for (const part of parts) {
    const at = part.indexOf('=');
    const raw = (at === -1 ? part : part.slice(0, at)).replaceAll('+', ' ');
    const name = decode(raw) ?? raw;
    const texts = byName.get(name) ?? [];
    texts.push(at === -1 ? '' : part.slice(at + 1).replaceAll('+', ' '));
    byName.set(name, texts);
  }
  return byName;
}

/** Converts text to the type of its schema; text that does not convert stays text and fails the check. */
function convert(texts: readonly string[], schema: TSchema | undefined): unknown {
  if (schema === undefined || !isList(schema)) return convertOne(texts[0] ?? '', schema);
  return texts.flatMap((text) => text.split(',')).map((text) => convertOne(text, schema.items));
}

function convertOne(text: string, schema: TSchema | undefined): unknown {
  const type = schema !== undefined && 'type' in schema ? schema.type : undefined;
  if (type === 'string') return text;
  if (type === 'integer') return /^-?\d{1,16}$/.test(text) ? Number(text) : text;
  if (type === 'number') return /^-?\d{1,30}(\.\d{1,30})?$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (schema !== undefined && isList(schema)) return convert([text], schema);
  return text;
}

function isList(schema: TSchema): schema is TSchema & { readonly items: TSchema } {
  return 'type' in schema && schema.type === 'array' && 'items' in schema;
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function badEscape(place: 'path' | 'query', pointer: string): RequestViolation {
  return { in: place, pointer, message: 'is not percent-encoded UTF-8' };
}

/** An error, not ignored: a mistyped filter would show everything. */
function unknownParameter(name: string, schema: TObject): RequestViolation {
  const known = Object.keys(schema.properties).join(', ');
  const message = known === '' ? 'this path has no parameters' : `unknown parameter; this path has ${known}`;
  return { in: 'query', pointer: name.slice(0, 200), message };
}
