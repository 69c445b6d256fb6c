import Type from 'typebox';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { badParameter, ProblemError } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { DATABASE_UNAVAILABLE, DEAD_LETTERS_BUSY, KAFKA_UNAVAILABLE } from '../problems.ts';
import { PositionSchema } from '../schemas.ts';
import { BAD_CURSOR, filterOf, type LetterPosition, type LetterQuery, positionOf } from './letter-query.ts';
import {
  DEAD_LETTER_NOT_FOUND,
  LetterCountsSchema,
  LetterFilterSchema,
  LetterLimitSchema,
  LetterPageSchema,
  LetterSchema,
  LetterTimelineSchema,
} from './schemas.ts';
import { timelineRange } from './timeline-range.ts';

/** Which letters to count, and how finely, in ms. */
export interface TimelineOrder {
  readonly filter: LetterQuery & { readonly since: number; readonly until: number };
  readonly bucketMs: number;
}

/**
 * Looks at dead letters. Answers are what the schemas say, undefined for a letter that is not there or a
 * cursor that is none. @throws AppError `busy`, `kafka_unavailable`, `database_unavailable`
 */
export interface DeadLetterDesk {
  list(query: LetterQuery, limit: number, cursor: string | undefined): Promise<object | undefined>;
  find(position: LetterPosition): Promise<object | undefined>;
  counts(query: LetterQuery): Promise<object>;
  timeline(order: TimelineOrder): Promise<object>;
}

export interface DeadLetterEndpointsOptions {
  readonly deadLetters: DeadLetterDesk;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const COMMON = {
  tag: 'dead letters',
  access: 'guarded',
  problems: [KAFKA_UNAVAILABLE, DATABASE_UNAVAILABLE, DEAD_LETTERS_BUSY],
} as const;

/** `/api/v1/dead-letters`: list, count, also over time, look at one. */
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
        method: 'get',
        path: '/api/v1/dead-letters/timeline',
        operationId: 'deadLetterTimeline',
        summary: 'When and why messages were rejected: counts by reason in buckets of time',
        description:
          'By the time of rejection, over the last hour unless said otherwise. It is counted from the newest back, within bounded time: `cut` says when that was not enough, and `complete_since` from where on nothing is missing.',
        query: Type.Object({
          ...LetterFilterSchema.properties,
          bucket_s: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 31_536_000,
              description:
                'Seconds in a bucket, which make 1000 of the range at most; about 60 of them unless said otherwise',
            }),
          ),
        }),
        responses: { 200: { description: 'The counts', schema: LetterTimelineSchema } },
      },
      async ({ query: { bucket_s, ...asked } }) => {
        const filter = filterOf(asked, 'query', now());
        const bucket = bucket_s === undefined ? {} : { bucketMs: bucket_s * 1000 };
        const range = timelineRange({ ...filter, ...bucket }, now());
        if ('wrong' in range) throw badParameter('query', range.wrong, range.message);
        const { since, until, bucketMs } = range;
        const timeline = await deadLetters.timeline({ filter: { ...filter, since, until }, bucketMs });
        return { status: 200, json: timeline, headers: NO_STORE };
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
        problems: [...COMMON.problems, DEAD_LETTER_NOT_FOUND],
      },
      async ({ params }) => {
        const letter = await deadLetters.find(positionOf(params.position));
        if (letter === undefined) throw new ProblemError(DEAD_LETTER_NOT_FOUND);
        return { status: 200, json: letter, headers: NO_STORE };
      },
    ),
  ];
}
