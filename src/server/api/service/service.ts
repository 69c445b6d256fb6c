import Type from 'typebox';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { NO_STORE } from '../../http/reply.ts';
import { type ReadinessJson, ReadinessSchema } from '../schemas.ts';

/**
 * `/healthz`: the process answers. `/readyz`: the state of each engine; 503 only when a required one is down, or can't
 * do what this process needs. Without Kafka or Redis the service still finds orders, so it stays ready (`degraded`) and
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
        responses: { 200: { description: 'It does', schema: Type.Object({ status: Type.Literal('ok') }) } },
      },
      () => ({ status: 200, json: { status: 'ok' as const }, headers: NO_STORE }),
    ),
    endpoint(
      {
        method: 'get',
        path: '/readyz',
        operationId: 'readiness',
        summary: 'The state of PostgreSQL, Kafka and Redis',
        tag: 'service',
        access: 'open',
        unlimited: true,
        responses: {
          200: {
            description:
              'The service works; `degraded` when Kafka or Redis is down, or when PostgreSQL accepts no writes and this process only reads',
            schema: ReadinessSchema,
          },
          503: { description: 'PostgreSQL is down, or can’t store orders', schema: ReadinessSchema },
        },
      },
      async () => {
        const state = await readiness();
        return { status: state.status === 'unavailable' ? 503 : 200, json: state, headers: NO_STORE };
      },
    ),
  ];
}

/** The metrics of this process in the text format of Prometheus. */
export interface MetricsPage {
  readonly contentType: string;
  /** Never rejects, bounded in time. */
  text(): Promise<string>;
}

/** `/metrics`. It says nothing of any order, but strangers need not know how busy the service is. */
export function metricsEndpoints({ metrics }: { readonly metrics: MetricsPage }): Endpoint[] {
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
        responses: { 200: { description: 'Text format 0.0.4', contentTypes: ['text/plain'] } },
      },
      async () => ({
        status: 200,
        body: await metrics.text(),
        headers: { ...NO_STORE, 'content-type': metrics.contentType },
      }),
    ),
  ];
}
