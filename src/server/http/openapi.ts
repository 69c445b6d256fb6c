import type { TObject, TSchema } from 'typebox';
import type { BodySpec, Endpoint, EndpointSpec } from './endpoint.ts';
import {
  BAD_JSON,
  BAD_REQUEST,
  BODY_TOO_LARGE,
  CROSS_ORIGIN,
  INVALID_BODY,
  OVERLOADED,
  type Problem,
  REQUEST_TIMEOUT,
  TIMED_OUT,
  TOKEN_REQUIRED,
  TOO_MANY_REQUESTS,
  UNSUPPORTED_MEDIA_TYPE,
  URI_TOO_LONG,
} from './problem.ts';
import type { ResponseSpec } from './reply.ts';

/** A part of an OpenAPI document. */
export type Json = Readonly<Record<string, unknown>>;

/** What the document says beside its endpoints. */
export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
  /** Of every problem document. */
  readonly problem: TSchema;
}

/** Problems of every request. */
const ALWAYS = [BAD_REQUEST, URI_TOO_LONG, TOO_MANY_REQUESTS, OVERLOADED, TIMED_OUT];

/**
 * The OpenAPI 3.1 description of the endpoints, made from the schemas that check them. A schema with an `$id` becomes a
 * component.
 */
export function openApiDocument(
  endpoints: readonly Endpoint[],
  { title, version, description, problem }: ApiInfo,
): Json {
  const components = new Components();
  const problemContent = { 'application/problem+json': { schema: components.use(problem) } };
  const paths: Record<string, Record<string, Json>> = {};
  for (const { spec } of endpoints) {
    if (spec.undocumented === true) continue;
    const described = operation(spec, components, problemContent);
    paths[spec.path] = { ...paths[spec.path], [spec.method]: described };
  }
  return {
    openapi: '3.1.1',
    info: { title, version, description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'server.token; always required off the loopback' },
      },
    },
  };
}

function operation(spec: EndpointSpec, components: Components, problemContent: Json): Json {
  const { operationId, summary, description, tag, access, params, query, headers, body } = spec;
  const parameters = [
    ...parametersOf('path', params, components),
    ...parametersOf('query', query, components),
    ...parametersOf('header', headers, components),
  ];
  const responses = Object.entries(spec.responses).map(([status, one]) => [status, response(one, components)]);
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    // The empty alternative: on the loopback no token may be needed.
    security: access === 'open' ? [] : [{ token: [] }, {}],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: requestBody(body, components) }),
    responses: { ...Object.fromEntries(responses), ...problemResponses(problemsOf(spec), problemContent) },
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

function response({ description, schema, contentTypes, headers }: ResponseSpec, components: Components): Json {
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

/**
 * Every type has a schema, because generators skip those without: text for what is not JSON, an empty one for any JSON.
 */
function contentOf(types: readonly string[], schema: TSchema | undefined, components: Components): Json {
  const json = schema === undefined ? {} : components.use(schema);
  return Object.fromEntries(
    types.map((type) => [type, { schema: /[/+]json$/.test(type) ? json : { type: 'string' } }]),
  );
}

function problemsOf({ method, access, body, problems = [] }: EndpointSpec): Problem[] {
  return [
    ...problems,
    ...ALWAYS,
    ...(access === 'open' ? [] : [TOKEN_REQUIRED]),
    ...(method === 'get' ? [] : [CROSS_ORIGIN]),
    ...(body === undefined ? [] : [REQUEST_TIMEOUT, UNSUPPORTED_MEDIA_TYPE]),
    ...(body === undefined || body.kind === 'stream' ? [] : [BODY_TOO_LARGE]),
    ...(body?.kind === 'json' ? [BAD_JSON, INVALID_BODY] : []),
  ];
}

/** Responses by status; problems that share a status share an entry. */
function problemResponses(problems: readonly Problem[], content: Json): Json {
  const byStatus = Map.groupBy(new Set(problems), ({ status }) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      { description: some.map(({ title }) => title).join('; or: '), content },
    ]),
  );
}

/** Named schemas, moved out of the places that use them. */
class Components {
  readonly schemas: Record<string, unknown> = {};

  /** The schema with references in place of named ones. */
  use(schema: TSchema): unknown {
    return this.#part(schema);
  }

  #part(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#part(one));
    if (typeof value !== 'object' || value === null) return value;
    const { $id: name, ...rest }: { readonly $id?: unknown } = value;
    const parts = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, this.#part(one)]));
    if (typeof name !== 'string') return parts;
    this.schemas[name] = parts;
    return { $ref: `#/components/schemas/${name}` };
  }
}
