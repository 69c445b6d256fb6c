import Type from 'typebox';
import type { Generator } from '../../../contract/generator.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { NO_STORE } from '../../http/reply.ts';
import { KAFKA_REFUSES, KAFKA_REJECTED, KAFKA_UNAVAILABLE } from '../problems.ts';
import type { LiveAnnouncer } from '../schemas.ts';
import { changeOf, messageJson, sentOneJson, statusJson } from './generator-json.ts';
import {
  GeneratorChangeSchema,
  GeneratorSchema,
  PreviewCountSchema,
  PreviewRequestSchema,
  PreviewSchema,
  SendOneSchema,
  SentOneSchema,
} from './schemas.ts';

export interface GeneratorEndpointsOptions {
  readonly generator: Generator;
  /** The topic it sends to. */
  readonly generatorTopic: string;
  /** Is told of another rate. */
  readonly sampler: LiveAnnouncer;
}

const COMMON = { tag: 'generator', access: 'guarded', ofFirstProcess: true } as const;
const STATUS = { description: 'Its state now', schema: GeneratorSchema } as const;

/** `/api/v1/generator`: look, change, start, stop, preview, send one. */
export function generatorEndpoints({ generator, generatorTopic, sampler }: GeneratorEndpointsOptions): Endpoint[] {
  const status = () => ({ status: 200, json: statusJson(generator.status), headers: NO_STORE }) as const;
  const noting = async (work: () => unknown) => {
    const before = generator.status;
    await work();
    const { rate } = generator.status.settings;
    if (before.state === 'running' && rate !== before.settings.rate)
      sampler.note('rate_changed', `the generator now makes ${rate} orders/s`, { rate });
    return status();
  };
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/generator',
        operationId: 'getGenerator',
        summary: 'The state of the generator of this process',
        responses: { 200: STATUS },
      },
      status,
    ),

    endpoint(
      {
        ...COMMON,
        method: 'patch',
        path: '/api/v1/generator',
        operationId: 'changeGenerator',
        summary: 'Change the load at once, whether it is running or not',
        body: jsonBody(GeneratorChangeSchema),
        responses: { 200: STATUS },
      },
      ({ body }) => noting(() => generator.change(changeOf(body))),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/generator/start',
        operationId: 'startGenerator',
        summary: 'Change the load and start the generator; one that is running goes on',
        body: jsonBody(GeneratorChangeSchema),
        responses: { 200: STATUS },
      },
      ({ body }) => noting(() => generator.start(changeOf(body))),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/generator/stop',
        operationId: 'stopGenerator',
        summary: 'Stop the generator; the answer comes once everything it sent is acknowledged',
        responses: { 200: STATUS },
      },
      async () => {
        await generator.stop();
        return status();
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/generator/preview',
        operationId: 'previewGenerator',
        summary: 'The next messages, without sending them',
        query: Type.Object({ count: PreviewCountSchema }),
        responses: { 200: { description: 'The messages, dated now', schema: PreviewSchema } },
      },
      ({ query }) => ({
        status: 200,
        json: { messages: generator.preview(query.count).map(messageJson) },
        headers: NO_STORE,
      }),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/generator/preview',
        operationId: 'previewFaults',
        summary: 'The next messages as they would be with these faults, without sending or changing anything',
        body: jsonBody(PreviewRequestSchema),
        responses: { 200: { description: 'The messages, dated now', schema: PreviewSchema } },
      },
      ({ body: { count, faults } }) => {
        const rates = changeOf(faults === undefined ? {} : { faults }).faults;
        return { status: 200, json: { messages: generator.preview(count, rates).map(messageJson) }, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/generator/manifest.ndjson',
        operationId: 'getManifest',
        summary: 'What the generator of this process has injected, and where Kafka put it',
        description:
          'For `test-service verify --manifest FILE`: a header, and a line for each message with a fault that Kafka has acknowledged since the process started, at most the last 100,000.',
        responses: { 200: { description: 'The manifest', contentTypes: ['application/x-ndjson'] } },
      },
      () => ({
        status: 200,
        body: generator.manifest,
        headers: { ...NO_STORE, 'content-type': 'application/x-ndjson' },
      }),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/generator/send-one',
        operationId: 'sendOne',
        summary: 'Send the next order now, valid or with a fault',
        body: jsonBody(SendOneSchema),
        responses: { 200: { description: 'Kafka has it', schema: SentOneSchema } },
        problems: [KAFKA_UNAVAILABLE, KAFKA_REJECTED, KAFKA_REFUSES],
      },
      async ({ body }) => {
        const sent = await generator.sendOne(body.fault);
        return { status: 200, json: sentOneJson(sent, generatorTopic), headers: NO_STORE };
      },
    ),
  ];
}
