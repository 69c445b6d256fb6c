import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { NO_STORE } from '../../http/reply.ts';

/** The figures of this process in the text format of Prometheus. */
export interface MetricsPage {
  readonly contentType: string;
  /** Never rejects, bounded in time. */
  text(): Promise<string>;
}

/** `/metrics`: figures only, nothing of any order; strangers still need not know how busy the service is. */
export function metricsEndpoints({ metrics }: { readonly metrics: MetricsPage }): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/metrics',
        operationId: 'metrics',
        summary: 'Figures for Prometheus',
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
