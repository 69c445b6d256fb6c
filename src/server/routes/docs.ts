import Type from 'typebox';
import { type Endpoint, endpoint } from '../endpoint.ts';
import { openApiDocument } from '../openapi.ts';
import { PROBLEMS } from '../problem.ts';

/** `/openapi.json`, and a page of plain text behind each problem's `type`. */
export function docsEndpoints(api: readonly Endpoint[]): Endpoint[] {
  let document = '';
  const description = endpoint(
    {
      method: 'get',
      path: '/openapi.json',
      operationId: 'description',
      summary: 'This document',
      tag: 'service',
      access: 'open',
      responses: { 200: { description: 'OpenAPI 3.1', schema: Type.Object({}) } },
    },
    () => ({
      status: 200,
      body: document,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' },
    }),
  );
  document = JSON.stringify(openApiDocument([...api, description]));
  return [description, ...Object.keys(PROBLEMS).map(problemPage)];
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
