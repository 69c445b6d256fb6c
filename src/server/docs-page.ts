import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { entityTag } from '../lib/entity-tag.ts';
import type { Endpoint } from './endpoint.ts';
import { HTML_HEADERS } from './reply.ts';
import { type StaticFile, staticEndpoint } from './static-file.ts';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Test Service: REST API</title>
    <link rel="icon" href="/docs/favicon.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <script defer src="/docs/swagger-ui.js"></script>
    <script defer src="/docs/start.js"></script>
  </head>
  <body><div id="api"></div></body>
</html>
`;

const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: (request) => {
    const token = sessionStorage.getItem('test-service.token');
    if (token !== null) request.headers.authorization = 'Bearer ' + token;
    return request;
  },
});
`;

/** Swagger UI draws its icons from data: URLs, and writes HTML, cleaned, where Trusted Types would forbid it. */
const POLICY = HTML_HEADERS['content-security-policy']
  .replace("img-src 'self'", "img-src 'self' data:")
  .replace("; require-trusted-types-for 'script'", '');

/** `/docs`: the OpenAPI document as a page to read and to try, by Swagger UI, whose files come from here. */
export function docsPageEndpoints(): Endpoint[] {
  const headers = { 'cache-control': 'no-cache' };
  const page = { ...HTML_HEADERS, ...headers, 'content-security-policy': POLICY };
  const files: Readonly<Record<string, StaticFile>> = {
    '/docs/start.js': inMemory(new TextEncoder().encode(START), 'text/javascript;charset=utf-8'),
    '/docs/swagger-ui.js': ofPackage('swagger-ui-bundle.js', 'text/javascript;charset=utf-8'),
    '/docs/swagger-ui.css': ofPackage('swagger-ui.css', 'text/css;charset=utf-8'),
    '/docs/favicon.png': ofPackage('favicon-32x32.png', 'image/png'),
  };
  return [
    staticEndpoint('/docs', inMemory(new TextEncoder().encode(PAGE), 'text/html;charset=utf-8'), {
      headers: page,
    }),
    ...Object.entries(files).map(([path, file]) => staticEndpoint(path, file, { headers })),
  ];
}

function ofPackage(name: string, contentType: string): StaticFile {
  const path = fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`));
  return inMemory(new Uint8Array(readFileSync(path)), contentType);
}

function inMemory(body: Uint8Array<ArrayBuffer>, contentType: string): StaticFile {
  return { body, contentType, etag: entityTag(body) };
}
