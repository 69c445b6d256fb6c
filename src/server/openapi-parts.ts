import { PROBLEMS, type ProblemName } from './problem.ts';

/** A part of an OpenAPI document. */
export type Json = Readonly<Record<string, unknown>>;

/** What can be wrong with any request that has a body. */
export const BODY_PROBLEMS = [
  'cross-origin',
  'request-timeout',
  'body-too-large',
  'unsupported-media-type',
] as const satisfies ProblemName[];

/** An operation object. */
export function operation(operationId: string, summary: string, rest: Json): Json {
  return { operationId, summary, ...rest };
}

/** A reference to a schema of the document. */
export function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** A response with a JSON body. */
export function json(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}

/** A request body that must be there, as JSON. */
export function body(schema: Json): Json {
  return { required: true, content: { 'application/json': { schema } } };
}

/** A response header. */
export function header(description: string, schema: Json = {}): Json {
  return { description, schema: { type: 'string', ...schema } };
}

/** Problem responses by status; kinds that share a status share an entry. */
export function problems(...names: ProblemName[]): Json {
  const byStatus = Map.groupBy(names, (name) => PROBLEMS[name].status);
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => [
      status,
      {
        description: kinds.map((name) => PROBLEMS[name].title).join('; or: '),
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    ]),
  );
}
