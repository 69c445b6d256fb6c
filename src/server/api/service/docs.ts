import { LRUCache } from 'lru-cache';
import Type from 'typebox';
import { entityTag } from '../../../lib/entity-tag.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { openApiDocument } from '../../http/openapi.ts';
import { PROBLEMS } from '../../http/problem-kinds.ts';
import { basePathOf } from '../../http/proxy.ts';
import { type StaticFile, staticEndpoint } from '../../http/static-file.ts';

/** Each proxy that names a path of its own has a document of its own. */
const MOST_BASE_PATHS = 8;

const described = {
  operationId: 'description',
  summary: 'This document',
  tag: 'service',
  access: 'reading',
  responses: {
    200: { description: 'OpenAPI 3.1', schema: Type.Object({}) },
    304: { description: 'The document is what the tag says' },
  },
} as const;

/** `/openapi.json`, the page that shows it, and a page of plain text behind each problem's `type`. */
export function docsEndpoints(api: readonly Endpoint[]): Endpoint[] {
  const headers = { 'cache-control': 'no-cache' };
  const at = (file: StaticFile) => staticEndpoint('/openapi.json', file, { headers, described });
  const own = at(jsonFile('{}'));
  const document = openApiDocument([...api, own]);
  const byBasePath = new LRUCache<string, Endpoint>({ max: MOST_BASE_PATHS });
  const below = (base: string): Endpoint => {
    const known = byBasePath.get(base);
    if (known !== undefined) return known;
    const made = at(jsonFile(JSON.stringify({ ...document, servers: [{ url: base || '/' }] })));
    byBasePath.set(base, made);
    return made;
  };
  const description: Endpoint = {
    ...own,
    handle: (request) => below(basePathOf(request.raw)).handle(request),
  };
  return [description, ...Object.keys(PROBLEMS).map(problemPage)];
}

function jsonFile(text: string): StaticFile {
  const body = new TextEncoder().encode(text);
  return { body, contentType: 'application/json', etag: entityTag(body) };
}

function problemPage(name: string): Endpoint {
  const { status, title, advice } = PROBLEMS[name as keyof typeof PROBLEMS];
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
