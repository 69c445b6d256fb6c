import Type from 'typebox';
import pkg from '../../../../package.json' with { type: 'json' };
import type { MetricsPage } from '../../../telemetry/metrics-page.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { NO_STORE } from '../../http/reply.ts';
import { type ReadinessJson, ReadinessSchema } from '../schemas.ts';

const HealthSchema = Type.Object({
  status: Type.Literal('ok'),
  version: Type.String({ description: 'Of this service' }),
});

/**
 * `/healthz`: the process answers. `/readyz`: the state of each engine and role; 503 only when a required one is down,
 * or can't do what this process needs. Without Kafka or Redis the service still finds orders, so it stays ready (`degraded`) and
 * keeps its traffic.
 */
export function healthEndpoints(readiness: () => Promise<ReadinessJson>): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/healthz',
        operationId: 'health',
        summary: 'Whether the process answers',
        tag: 'service',
        access: 'open',
        unlimited: true,
        responses: { 200: { description: 'It does', schema: HealthSchema } },
      },
      () => ({ status: 200, json: { status: 'ok' as const, version: pkg.version }, headers: NO_STORE }),
    ),
    endpoint(
      {
        method: 'get',
        path: '/readyz',
        operationId: 'readiness',
        summary: 'The state of PostgreSQL, Kafka and Redis, and of the roles of this process',
        tag: 'service',
        access: 'open',
        unlimited: true,
        responses: {
          200: {
            description:
              'The service works; `degraded` when Kafka or Redis is down, when a role makes no progress, or when PostgreSQL accepts no writes and this process only reads',
            schema: ReadinessSchema,
          },
          503: { description: 'Something required is down, or does not do its work', schema: ReadinessSchema },
        },
      },
      async () => {
        const state = await readiness();
        return { status: state.status === 'unavailable' ? 503 : 200, json: state, headers: NO_STORE };
      },
    ),
  ];
}

/** `/metrics`. It says nothing of any order, but strangers need not know how busy the service is. */
export function metricsEndpoints({ metrics }: { readonly metrics: Pick<MetricsPage, 'render'> }): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/metrics',
        operationId: 'metrics',
        summary: 'Metrics for Prometheus',
        tag: 'service',
        ofFirstProcess: true,
        unlimited: true,
        access: 'reading',
        responses: {
          200: {
            description: 'Text format 0.0.4, or OpenMetrics 1.0, as Accept asks for',
            contentTypes: ['text/plain', 'application/openmetrics-text'],
          },
        },
      },
      async ({ raw }) => {
        const { contentType, text } = await metrics.render(raw.headers.get('accept'));
        return { status: 200, body: text, headers: { ...NO_STORE, 'content-type': contentType, vary: 'accept' } };
      },
    ),
  ];
}
