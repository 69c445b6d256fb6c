import Type from 'typebox';
import { entityTag } from '../../lib/entity-tag.ts';
import { docsPageEndpoints } from '../docs-page.ts';
import { type Endpoint, endpoint } from '../endpoint.ts';
import { openApiDocument } from '../openapi.ts';
import { PROBLEMS } from '../problem-kinds.ts';
import { type StaticFile, staticEndpoint } from '../static-file.ts';

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
  const document = JSON.stringify(openApiDocument([...api, at(jsonFile('{}'))]));
  return [at(jsonFile(document)), ...docsPageEndpoints(), ...Object.keys(PROBLEMS).map(problemPage)];
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
