import Type from 'typebox';
import {
  FAULT_NAMES,
  type FaultName,
  type FaultRates,
  type Generator,
  type GeneratorChange,
  type GeneratorStatus,
  isFaultName,
  type LoadProfile,
  type PreviewedMessage,
  randomSeed,
  type SentOne,
} from '../../../contract/generator.ts';
import { textOrBase64 } from '../../../lib/printable.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { badBody } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { KAFKA_REFUSES, KAFKA_REJECTED, KAFKA_UNAVAILABLE } from '../problems.ts';
import {
  type GeneratorChangeJson,
  GeneratorChangeSchema,
  type GeneratorJson,
  GeneratorSchema,
  type PreviewedMessageJson,
  PreviewSchema,
  SendOneSchema,
  type SentOneJson,
  SentOneSchema,
} from './schemas.ts';

export interface GeneratorEndpointsOptions {
  readonly generator: Generator;
  /** The topic it sends to. */
  readonly generatorTopic: string;
}

const COMMON = { tag: 'generator', access: 'guarded', ofFirstProcess: true } as const;
const STATUS = { description: 'Its state now', schema: GeneratorSchema } as const;

/** `/api/v1/generator`: look, change, start, stop, preview, send one. */
export function generatorEndpoints({ generator, generatorTopic }: GeneratorEndpointsOptions): Endpoint[] {
  const status = () => ({ status: 200, json: statusJson(generator.status), headers: NO_STORE }) as const;
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
      ({ body }) => {
        generator.change(changeOf(body));
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
        body: jsonBody(GeneratorChangeSchema),
        responses: { 200: STATUS },
      },
      async ({ body }) => {
        await generator.start(changeOf(body));
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
        query: Type.Object({ count: Type.Integer({ minimum: 1, maximum: 100, default: 5, description: 'How many' }) }),
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

/** @throws ProblemError 422 for what the schema can't express */
function changeOf({ rate, profile, seed, next_index, count, faults }: GeneratorChangeJson): GeneratorChange {
  const total = Object.values(faults ?? {}).reduce<number>((sum, share) => sum + (share ?? 0), 0);
  if (total > 100 + 1e-9) throw badBody('/faults', `must add up to 100 % at most, not ${total} %`);
  if (profile?.kind === 'burst' && profile.for_ms >= profile.every_ms)
    throw badBody('/profile/for_ms', 'must be less than every_ms');
  return {
    rate,
    profile: profile && profileOf(profile),
    seed: seed === 'auto' ? randomSeed() : seed,
    nextIndex: next_index,
    count,
    faults: faults && ratesOf(faults),
  };
}

function profileOf(profile: NonNullable<GeneratorChangeJson['profile']>): LoadProfile {
  switch (profile.kind) {
    case 'steady':
      return profile;
    case 'burst': {
      const { kind, burst_rate, for_ms, every_ms } = profile;
      return { kind, burstRate: burst_rate, forMs: for_ms, everyMs: every_ms };
    }
    case 'ramp':
      return { kind: profile.kind, toRate: profile.to_rate, overMs: profile.over_ms };
  }
}

function profileJson(profile: LoadProfile): GeneratorJson['profile'] {
  switch (profile.kind) {
    case 'steady':
      return profile;
    case 'burst': {
      const { kind, burstRate, forMs, everyMs } = profile;
      return { kind, burst_rate: burstRate, for_ms: forMs, every_ms: everyMs };
    }
    case 'ramp':
      return { kind: profile.kind, to_rate: profile.toRate, over_ms: profile.overMs };
  }
}

/** Per cent by name → shares; those of 0 are left out. */
function ratesOf(faults: Readonly<Record<string, number | undefined>>): FaultRates {
  const rates = new Map<FaultName, number>();
  for (const [name, percent] of Object.entries(faults))
    if (isFaultName(name) && percent !== undefined && percent > 0) rates.set(name, percent / 100);
  return rates;
}

function statusJson(status: GeneratorStatus): GeneratorJson {
  const { state, settings, currentRate, lateMs, nextIndex, remaining, counts, startedAt, error } = status;
  return {
    state,
    rate: settings.rate,
    profile: profileJson(settings.profile),
    current_rate: Math.round(currentRate * 10) / 10,
    late_ms: Math.round(lateMs),
    seed: settings.seed,
    next_index: nextIndex,
    count: settings.count,
    remaining,
    // A share of 0.07 is 7 per cent, and not 7.000000000000001.
    faults: Object.fromEntries(
      [...settings.faults].map(([name, share]) => [name, Number((share * 100).toPrecision(12))]),
    ),
    counts: { generated: counts.generated, sent: counts.sent, failed: counts.failed, in_flight: counts.inFlight },
    started_at: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    error: error ?? null,
    fault_names: [...FAULT_NAMES],
  };
}

function messageJson({ index, key, value, fault }: PreviewedMessage): PreviewedMessageJson {
  return { index, key: key && textOrBase64(key), value: value && textOrBase64(value), fault: fault ?? null };
}

function sentOneJson({ orderUid, fault, partition, offset }: SentOne, topic: string): SentOneJson {
  return { order_uid: orderUid, fault: fault ?? null, topic, partition, offset: Number(offset) };
}
