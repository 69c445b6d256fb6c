import { Hono } from 'hono';
import type { Readiness } from '../readiness.ts';

/**
 * `/healthz`: the process answers. `/readyz`: each engine's state; 503 only when a required one is down. Without Kafka or
 * Redis the service still finds orders, so it stays ready (`degraded`) and keeps its traffic.
 */
export function healthRoutes(readiness: () => Promise<Readiness>): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }));
  app.get('/readyz', async (c) => {
    const state = await readiness();
    return c.json(state, state.status === 'unavailable' ? 503 : 200, { 'cache-control': 'no-store' });
  });
  return app;
}
