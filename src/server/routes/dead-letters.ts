import Type, { type Static } from 'typebox';
import type { RejectionReason } from '../../order/rejection.ts';
import { parseWhen } from '../../order/when.ts';
import {
  LetterCountsSchema,
  LetterFilterSchema,
  LetterLimitSchema,
  LetterPageSchema,
  LetterSchema,
  PositionSchema,
  RedriveAnswerSchema,
  RedriveRequestSchema,
} from '../dead-letter-schemas.ts';
import { type Endpoint, endpoint, jsonBody } from '../endpoint.ts';
import { badBody, badParameter, ProblemError } from '../problem.ts';
import { NO_STORE } from '../reply.ts';

/** A place in the dead-letter topic. */
export interface LetterPosition {
  readonly partition: number;
  readonly offset: number;
}

/** Which letters; instants are ms since the Unix epoch. */
export interface LetterQuery {
  readonly reasons?: readonly (RejectionReason | 'unknown')[];
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
}

export interface RedriveOrder {
  readonly selection: { readonly positions: readonly LetterPosition[] } | { readonly filter: LetterQuery };
  readonly dryRun: boolean;
  readonly maxReplays: number;
  readonly again: boolean;
  readonly cursor: string | undefined;
}

/**
 * Looks at dead letters and sends them back. Answers are what the schemas say, undefined for a letter that is not there or a
 * cursor that is none. @throws AppError `busy`, `kafka_unavailable`, `database_unavailable`
 */
export interface DeadLetterDesk {
  list(query: LetterQuery, limit: number, cursor: string | undefined): Promise<object | undefined>;
  find(position: LetterPosition): Promise<object | undefined>;
  counts(query: LetterQuery): Promise<object>;
  redrive(order: RedriveOrder): Promise<object | undefined>;
}

export interface DeadLetterEndpointsOptions {
  readonly deadLetters: DeadLetterDesk;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const COMMON = {
  tag: 'dead letters',
  access: 'guarded',
  problems: ['kafka-unavailable', 'database-unavailable', 'dead-letters-busy'],
} as const;
const BAD_CURSOR = 'is none of this topic, or the topic was re-created since';

/** `/api/v1/dead-letters`: list, count, look at one, send back. */
export function deadLetterEndpoints({ deadLetters, now }: DeadLetterEndpointsOptions): Endpoint[] {
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/dead-letters',
        operationId: 'listDeadLetters',
        summary: 'Rejected messages, newest first',
        query: Type.Object({
          ...LetterFilterSchema.properties,
          limit: LetterLimitSchema,
          cursor: Type.Optional(Type.String({ description: 'Of the page before' })),
        }),
        responses: { 200: { description: 'A page', schema: LetterPageSchema } },
      },
      async ({ query: { limit, cursor, ...filter } }) => {
        const page = await deadLetters.list(filterOf(filter, 'query', now()), limit, cursor);
        if (page === undefined) throw badParameter('query', 'cursor', BAD_CURSOR);
        return { status: 200, json: page, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/dead-letters/counts',
        operationId: 'countDeadLetters',
        summary: 'How many rejected messages there are, by reason',
        query: LetterFilterSchema,
        responses: { 200: { description: 'The counts', schema: LetterCountsSchema } },
      },
      async ({ query }) => {
        const counts = await deadLetters.counts(filterOf(query, 'query', now()));
        return { status: 200, json: counts, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/dead-letters/redrive',
        operationId: 'redriveDeadLetters',
        summary: 'Send rejected messages back to their topic, each of them once',
        body: jsonBody(RedriveRequestSchema),
        responses: { 200: { description: 'What became of them', schema: RedriveAnswerSchema } },
      },
      async ({ body }) => {
        const answer = await deadLetters.redrive(redriveOrder(body, now()));
        if (answer === undefined) throw badBody('/cursor', BAD_CURSOR);
        return { status: 200, json: answer, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/dead-letters/{position}',
        operationId: 'getDeadLetter',
        summary: 'One rejected message, with its headers and value',
        params: Type.Object({ position: PositionSchema }),
        responses: { 200: { description: 'The letter', schema: LetterSchema } },
        problems: [...COMMON.problems, 'dead-letter-not-found'],
      },
      async ({ params }) => {
        const letter = await deadLetters.find(positionOf(params.position));
        if (letter === undefined) throw new ProblemError('dead-letter-not-found');
        return { status: 200, json: letter, headers: NO_STORE };
      },
    ),
  ];
}

function filterOf(
  { reason, since, until, key }: Static<typeof LetterFilterSchema>,
  place: 'query' | 'body',
  now: number,
): LetterQuery {
  const whenOf = (name: string, text: string): number => {
    const at = parseWhen(text, now);
    if (at !== undefined) return at;
    const message = 'must be RFC 3339, or an age such as 15m';
    throw place === 'body' ? badBody(`/filter/${name}`, message) : badParameter('query', name, message);
  };
  return {
    ...(reason && { reasons: reason }),
    ...(since !== undefined && { since: whenOf('since', since) }),
    ...(until !== undefined && { until: whenOf('until', until) }),
    ...(key !== undefined && { key }),
  };
}

/** `3:17`, as its schema has checked it. */
function positionOf(text: string): LetterPosition {
  const [partition, offset] = text.split(':').map(Number);
  return { partition: partition ?? 0, offset: offset ?? 0 };
}

function redriveOrder(request: Static<typeof RedriveRequestSchema>, now: number): RedriveOrder {
  // The schema has seen to it that there is one of positions, filter, all.
  const { positions, filter } = request;
  return {
    selection:
      positions === undefined
        ? { filter: filterOf(filter ?? {}, 'body', now) }
        : { positions: positions.map(positionOf) },
    dryRun: request.dry_run ?? false,
    maxReplays: request.max_replays ?? 3,
    again: request.again ?? false,
    cursor: request.cursor,
  };
}
