import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { violationsOf } from '../../src/lib/violations.ts';
import type { EndpointSpec } from '../../src/server/http/endpoint.ts';
import type { Reply } from '../../src/server/http/reply.ts';

const compiled = new WeakMap<TSchema, Validator>();

/** Checks a reply against its endpoint's spec: status, content type, headers and JSON value. @throws Error */
export function checkReply(spec: EndpointSpec, { status, headers, json, body }: Reply): void {
  const fail = (what: string): never => {
    throw new Error(`${spec.operationId} answers ${status} ${what}`);
  };
  const described = spec.responses[status] ?? fail('which it does not describe');
  const given = new Headers(headers);
  const type = given.get('content-type') ?? (json === undefined ? null : 'application/json');
  if (described.contentTypes !== undefined) {
    if (!described.contentTypes.some((one) => type?.startsWith(one))) fail(`as ${type}`);
  } else if (described.schema !== undefined) {
    if (type !== 'application/json') fail(`as ${type}`);
  } else if (json !== undefined || (body ?? null) !== null) {
    fail('with a body it does not describe');
  }
  for (const name of Object.keys(described.headers ?? {})) if (!given.has(name)) fail(`without ${name}`);
  if (described.schema === undefined || given.has('content-encoding')) return;
  const value: unknown = json ?? JSON.parse(typeof body === 'string' ? body : textOf(body));
  let check = compiled.get(described.schema);
  if (check === undefined) {
    check = Compile(described.schema);
    compiled.set(described.schema, check);
  }
  if (!check.Check(value)) fail(`wrongly: ${JSON.stringify(violationsOf(check.Errors(value)))}`);
}

function textOf(body: Reply['body']): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : 'null';
}
