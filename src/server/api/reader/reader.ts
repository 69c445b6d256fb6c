import {
  READ_FAILURES,
  type ReaderChange,
  type ReaderStatus,
  type Readers,
  type ReadVersion,
} from '../../../contract/reader.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { badBody } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import {
  type ReadersChangeJson,
  ReadersChangeSchema,
  type ReadersJson,
  ReadersSchema,
  type ReadVersionJson,
} from './schemas.ts';

export interface ReaderEndpointsOptions {
  readonly readers: Readers;
}

const COMMON = { tag: 'readers', access: 'guarded', ofFirstProcess: true } as const;
const STATUS = { description: 'Their state now', schema: ReadersSchema } as const;

/** `/api/v1/reader`: look, change, start, stop. */
export function readerEndpoints({ readers }: ReaderEndpointsOptions): Endpoint[] {
  const status = () => ({ status: 200, json: statusJson(readers.status), headers: NO_STORE }) as const;
  const changeOf = (body: ReadersChangeJson): ReaderChange => checked(body, readers.status);
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/reader',
        operationId: 'getReaders',
        summary: 'The state of the readers of this process: simulated clients that look orders up over HTTP',
        responses: { 200: STATUS },
      },
      status,
    ),

    endpoint(
      {
        ...COMMON,
        method: 'patch',
        path: '/api/v1/reader',
        operationId: 'changeReaders',
        summary: 'Change what they do at once, whether they are running or not',
        body: jsonBody(ReadersChangeSchema),
        responses: { 200: STATUS },
      },
      ({ body }) => {
        readers.change(changeOf(body));
        return status();
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/reader/start',
        operationId: 'startReaders',
        summary: 'Change what they do and start them; running ones go on',
        body: jsonBody(ReadersChangeSchema),
        responses: { 200: STATUS },
      },
      ({ body }) => {
        readers.start(changeOf(body));
        return status();
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/reader/stop',
        operationId: 'stopReaders',
        summary: 'Stop the readers; the answer comes once nothing they asked for is under way',
        responses: { 200: STATUS },
      },
      async () => {
        await readers.stop();
        return status();
      },
    ),
  ];
}

const SHARES = ['absent', 'lists', 'repeats'] as const;

/** @throws ProblemError 422 for what the schema can't express */
function checked(body: ReadersChangeJson, { settings }: ReaderStatus): ReaderChange {
  const { rate, zipf, connections, think_ms: thinkMs } = body;
  const total = SHARES.reduce((sum, name) => sum + (body[name] ?? settings[name] * 100), 0);
  const named = SHARES.findLast((name) => body[name] !== undefined);
  if (named !== undefined && total > 100 + 1e-9)
    throw badBody(`/${named}`, `absent, lists and repeats must add up to 100 % at most, not ${shown(total)} %`);
  const share = (percent: number | undefined): number | undefined => percent && percent / 100;
  return {
    rate,
    zipf,
    connections,
    thinkMs,
    absent: share(body.absent),
    lists: share(body.lists),
    repeats: share(body.repeats),
  };
}

function statusJson(status: ReaderStatus): ReadersJson {
  const { state, settings, knownOrders, latencies, failures, failureTexts, stale, staleAnswers, startedAt } = status;
  const { rate, absent, lists, repeats, thinkMs, zipf, connections } = settings;
  return {
    state,
    rate,
    absent: shown(absent * 100),
    lists: shown(lists * 100),
    repeats: shown(repeats * 100),
    think_ms: thinkMs,
    zipf,
    connections,
    known_orders: knownOrders,
    latencies: latencies.map(({ outcome, count, p50, p90, p99, p999, max }) => ({
      outcome,
      count,
      p50_ms: p50,
      p90_ms: p90,
      p99_ms: p99,
      p999_ms: p999,
      max_ms: max,
    })),
    failures: READ_FAILURES.flatMap((kind) =>
      failures[kind] === 0 ? [] : [{ kind, count: failures[kind], last: failureTexts[kind] ?? '' }],
    ),
    stale,
    stale_answers: staleAnswers.map(({ uid, at, outcome, answered, before }) => ({
      order_uid: uid,
      at: instant(at),
      outcome,
      answered: answered === undefined ? null : versionJson(answered),
      before: 'offset' in before ? versionJson(before) : { stored_at: instant(before.storedAt) },
    })),
    started_at: startedAt === undefined ? null : instant(startedAt),
  };
}

function versionJson({ topic, partition, offset, producedAt, storedAt }: ReadVersion): ReadVersionJson {
  return { topic, partition, offset, produced_at: instant(producedAt), stored_at: instant(storedAt) };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** 0.07 is 7 per cent, and not 7.000000000000001. */
function shown(percent: number): number {
  return Number(percent.toPrecision(12));
}
