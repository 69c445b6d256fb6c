import { Hono } from 'hono';
import { openApiDocument } from '../openapi.ts';
import { PROBLEMS } from '../problem.ts';

/** `/openapi.json`, and a page of plain text behind each problem's `type`. */
export function docsRoutes(): Hono {
  const app = new Hono();
  const document = JSON.stringify(openApiDocument());
  app.get('/openapi.json', (c) =>
    c.body(document, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' }),
  );
  for (const [name, { status, title, advice }] of Object.entries(PROBLEMS)) {
    app.get(`/problems/${name}`, (c) => c.text(`${status} ${title}\n\n${advice}\n`));
  }
  return app;
}
