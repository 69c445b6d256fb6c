import { LRUCache } from 'lru-cache';
import Type from 'typebox';
import pkg from '../../../package.json' with { type: 'json' };
import { entityTag } from '../../lib/entity-tag.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { type Json, openApiDocument } from '../http/openapi.ts';
import { GENERAL_PROBLEMS, type Problem } from '../http/problem.ts';
import { basePathOf } from '../http/proxy.ts';
import { type StaticFile, staticEndpoint } from '../http/static-file.ts';
import { ProblemSchema } from './schemas.ts';

/** Each base path, as proxies name it, has a document of its own. */
const MOST_BASE_PATHS = 8;

const INFO = {
  title: 'Test Service',
  version: pkg.version,
  description:
    'Orders: found in Redis or PostgreSQL, accepted through Kafka. Errors are RFC 9457 problem documents. Instants in answers are RFC 3339 text in UTC; offsets are numbers. Every page of a list has a `next_cursor`: send it as `cursor` to get the next page; it is null on the last page. JSON may be nested 64 levels deep and have 20,000 values. A body may have content-encoding gzip, zstd, br or deflate; its limit applies after decompression.',
  problem: ProblemSchema,
} as const;

const described = {
  operationId: 'description',
  summary: 'This document',
  tag: 'service',
  access: 'reading',
  responses: {
    200: { description: 'OpenAPI 3.1', schema: Type.Object({}) },
    304: { description: 'The document has the tag in If-None-Match' },
  },
} as const;

/** The OpenAPI document of the API, which has its own address, too. */
export function apiDocument(api: readonly Endpoint[]): Json {
  return openApiDocument([...api, documentAt(jsonFile('{}'))], INFO);
}

/** `/openapi.json`, and a page of plain text for the `type` of each problem. */
export function docsEndpoints(api: readonly Endpoint[]): Endpoint[] {
  const document = apiDocument(api);
  const byBasePath = new LRUCache<string, Endpoint>({ max: MOST_BASE_PATHS });
  const below = (base: string): Endpoint => {
    const known = byBasePath.get(base);
    if (known !== undefined) return known;
    const made = documentAt(jsonFile(JSON.stringify({ ...document, servers: [{ url: base || '/' }] })));
    byBasePath.set(base, made);
    return made;
  };
  const description: Endpoint = {
    ...documentAt(jsonFile('{}')),
    handle: (request) => below(basePathOf(request.raw)).handle(request),
  };
  return [description, ...problemsOf(api).map(problemPage)];
}

/** Every problem the API answers with. */
export function problemsOf(api: readonly Endpoint[]): Problem[] {
  return [...new Set([...GENERAL_PROBLEMS, ...api.flatMap(({ spec }) => spec.problems ?? [])])];
}

function documentAt(file: StaticFile): Endpoint {
  const headers = { 'cache-control': 'no-cache' };
  return staticEndpoint('/openapi.json', file, { headers, described });
}

function jsonFile(text: string): StaticFile {
  const body = new TextEncoder().encode(text);
  return { body, contentType: 'application/json', etag: entityTag(body) };
}

function problemPage({ name, status, title, advice }: Problem): Endpoint {
  return endpoint(
    {
      method: 'get',
      path: `/problems/${name}`,
      operationId: name,
      summary: title,
      tag: 'service',
      access: 'open',
      responses: { 200: { description: title, contentTypes: ['text/plain'] } },
      undocumented: true,
    },
    () => ({
      status: 200,
      body: `${status} ${title}\n\n${advice}\n`,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    }),
  );
}
