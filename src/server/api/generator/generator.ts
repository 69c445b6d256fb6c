import Type from 'typebox';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { badBody } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { KAFKA_REFUSES, KAFKA_REJECTED, KAFKA_UNAVAILABLE } from '../problems.ts';
import {
  type GeneratorChangeJson,
  type GeneratorJson,
  GeneratorSchema,
  generatorChangeSchema,
  type PreviewJson,
  PreviewSchema,
  type SentOneJson,
  SentOneSchema,
  sendOneSchema,
} from './schemas.ts';

/** The generator of this process; every verb may be repeated. Answers are what the schemas say. */
export interface GeneratorControl {
  readonly faultNames: readonly string[];
  /** Those that one message can have by itself. */
  readonly spoilingFaults: readonly string[];
  status(): GeneratorJson;
  /** At once, also while it runs. */
  change(change: GeneratorChangeJson): void;
  /** @throws AppError `aborted` when the process stops */
  start(change: GeneratorChangeJson): Promise<void>;
  /** Resolves once nothing is in flight any more, or has been given up. */
  stop(): Promise<void>;
  preview(count: number): PreviewJson;
  /** @throws AppError `kafka_unavailable`, `kafka_rejected`, `kafka_refuses` */
  sendOne(fault: string | undefined): Promise<SentOneJson>;
}

const COMMON = { tag: 'generator', access: 'guarded', ofFirstProcess: true } as const;
const STATUS = { description: 'Its state now', schema: GeneratorSchema } as const;

/** `/api/v1/generator`: look, change, start, stop, preview, send one. */
export function generatorEndpoints({ generator }: { readonly generator: GeneratorControl }): Endpoint[] {
  const change = jsonBody(generatorChangeSchema(generator.faultNames));
  const status = () => ({ status: 200, json: generator.status(), headers: NO_STORE }) as const;
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
        body: change,
        responses: { 200: STATUS },
      },
      ({ body }) => {
        check(body);
        generator.change(body);
        return status();
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/generator/start',
        operationId: 'startGenerator',
        summary: 'Change the load and start the generator; one that is running goes on',
        body: change,
        responses: { 200: STATUS },
      },
      async ({ body }) => {
        check(body);
        await generator.start(body);
        return status();
      },
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
        query: Type.Object({
          count: Type.Integer({ minimum: 1, maximum: 100, default: 5, description: 'How many' }),
        }),
        responses: { 200: { description: 'The messages, dated now', schema: PreviewSchema } },
      },
      ({ query }) => ({ status: 200, json: generator.preview(query.count), headers: NO_STORE }),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/generator/send-one',
        operationId: 'sendOne',
        summary: 'Send the next order now, valid or with a fault',
        body: jsonBody(sendOneSchema(generator.spoilingFaults)),
        responses: { 200: { description: 'Kafka has it', schema: SentOneSchema } },
        problems: [KAFKA_UNAVAILABLE, KAFKA_REJECTED, KAFKA_REFUSES],
      },
      async ({ body }) => ({ status: 200, json: await generator.sendOne(body.fault), headers: NO_STORE }),
    ),
  ];
}

/** Checks what the schema can't express. */
function check({ faults = {}, profile }: GeneratorChangeJson): void {
  const total = Object.values(faults).reduce<number>((sum, share) => sum + (share ?? 0), 0);
  if (total > 100 + 1e-9) throw badBody('/faults', `must add up to 100 % at most, not ${total} %`);
  if (profile?.kind === 'burst' && profile.for_ms >= profile.every_ms)
    throw badBody('/profile/for_ms', 'must be less than every_ms');
}
