import type { TObject, TSchema } from 'typebox';
import { ProblemSchema } from '../api/schemas.ts';
import type { BodySpec, Endpoint, EndpointSpec, ResponseSpec } from './endpoint.ts';
import { PROBLEMS, type ProblemName } from './problem-kinds.ts';

/** A part of an OpenAPI document. */
export type Json = Readonly<Record<string, unknown>>;

/** What can be wrong with any request, and with any that has a body or asks for the token. */
const ALWAYS = [
  'bad-request',
  'uri-too-long',
  'too-many-requests',
  'overloaded',
  'timed-out',
] as const satisfies ProblemName[];
const GUARDED = ['token-required'] as const satisfies ProblemName[];
const CHANGING = ['cross-origin'] as const satisfies ProblemName[];
const ANY_BODY = ['request-timeout', 'unsupported-media-type'] as const satisfies ProblemName[];
const WHOLE_BODY = ['body-too-large'] as const satisfies ProblemName[];
const JSON_BODY = ['bad-json', 'invalid-body'] as const satisfies ProblemName[];

/** The OpenAPI 3.1 description of the endpoints, made from the schemas that check them. A schema with an `$id` becomes a component. */
export function openApiDocument(endpoints: readonly Endpoint[]): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const { spec } of endpoints) {
    if (spec.undocumented === true) continue;
    paths[spec.path] = { ...paths[spec.path], [spec.method]: operation(spec, components) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Test Service',
      version: '1',
      description:
        'Orders: found in Redis or PostgreSQL, taken in through Kafka. Errors are RFC 9457 problem documents. Instants in answers are RFC 3339 text in UTC; offsets are numbers. Every page of a list has a `next_cursor`: send it as `cursor` to get the next page; null means that there is none. JSON may be nested 64 levels deep and have 20,000 values. A body may have content-encoding gzip, zstd, br or deflate; its limit applies after decompression.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'server.token; off the loopback always asked for',
        },
      },
    },
  };
}

function operation(spec: EndpointSpec, components: Components): Json {
  const { operationId, summary, description, tag, access, params, query, headers, body } = spec;
  const parameters = [
    ...parametersOf('path', params, components),
    ...parametersOf('query', query, components),
    ...parametersOf('header', headers, components),
  ];
  const responses = Object.entries(spec.responses).map(([status, one]) => [
    status,
    response(one, components),
  ]);
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    // The empty one: without a token on the loopback, none is asked for.
    security: access === 'open' ? [] : [{ token: [] }, {}],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: requestBody(body, components) }),
    responses: { ...Object.fromEntries(responses), ...problems(problemsOf(spec), components) },
  };
}

function parametersOf(place: string, schema: TObject | undefined, components: Components): Json[] {
  const required: readonly string[] = schema?.required ?? [];
  return Object.entries(schema?.properties ?? {}).map(([name, one]) => ({
    name,
    in: place,
    required: required.includes(name) && !('default' in one),
    schema: components.use(one),
    ...('description' in one && { description: one.description }),
  }));
}

function requestBody(body: BodySpec, components: Components): Json {
  const types = body.kind === 'json' ? ['application/json'] : body.contentTypes;
  return { required: true, content: contentOf(types, body.schema, components) };
}

function response(
  { description, schema, contentTypes, headers }: ResponseSpec,
  components: Components,
): Json {
  const types = contentTypes ?? (schema === undefined ? [] : ['application/json']);
  const described = Object.entries(headers ?? {}).map(([name, one]) => [
    name,
    typeof one === 'string'
      ? { description: one, schema: { type: 'string' } }
      : { description: one.description, schema: components.use(one.schema) },
  ]);
  return {
    description,
    ...(described.length > 0 && { headers: Object.fromEntries(described) }),
    ...(types.length > 0 && { content: contentOf(types, schema, components) }),
  };
}

/** Each type with a schema, because generators pass over those without: of what is no JSON a text, of any JSON an empty one. */
function contentOf(types: readonly string[], schema: TSchema | undefined, components: Components): Json {
  const json = schema === undefined ? {} : components.use(schema);
  return Object.fromEntries(
    types.map((type) => [type, { schema: /[/+]json$/.test(type) ? json : { type: 'string' } }]),
  );
}

function problemsOf({ method, access, body, problems: own = [] }: EndpointSpec): ProblemName[] {
  return [
    ...own,
    ...ALWAYS,
    ...(access === 'open' ? [] : GUARDED),
    ...(method === 'get' ? [] : CHANGING),
    ...(body === undefined ? [] : ANY_BODY),
    ...(body === undefined || body.kind === 'stream' ? [] : WHOLE_BODY),
    ...(body?.kind === 'json' ? JSON_BODY : []),
  ];
}

/** Problem responses by status; kinds that share a status share an entry. */
function problems(names: readonly ProblemName[], components: Components): Json {
  const byStatus = Map.groupBy(new Set(names), (name) => PROBLEMS[name].status);
  const content = { 'application/problem+json': { schema: components.use(ProblemSchema) } };
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => [
      status,
      { description: kinds.map((name) => PROBLEMS[name].title).join('; or: '), content },
    ]),
  );
}

/** Named schemas, moved out of where they are used. */
class Components {
  readonly schemas: Record<string, unknown> = {};

  /** The schema as it stands in the document: with references in place of named ones. */
  use(schema: TSchema): unknown {
    return this.#part(schema);
  }

  #part(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#part(one));
    if (typeof value !== 'object' || value === null) return value;
    const { $id: name, ...rest } = value as Readonly<Record<string, unknown>>;
    const parts = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, this.#part(one)]));
    if (typeof name !== 'string') return parts;
    this.schemas[name] = parts;
    return { $ref: `#/components/schemas/${name}` };
  }
}
