import Type, { type Static } from 'typebox';
import type {
  LetterCounts,
  LetterFilter,
  LetterPage,
  Position,
  Timeline,
  TimelineRequest,
} from '../../../contract/letter.ts';
import type {
  BoundedRedriveAnswer,
  KnownLetter,
  RedrivenFate,
  RedriveProgress,
  RedriveRequest,
} from '../../../contract/redrive.ts';
import { parseWhen } from '../../../order/instant.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { badBody, badParameter, ProblemError } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { DATABASE_UNAVAILABLE, DEAD_LETTERS_BUSY, KAFKA_UNAVAILABLE } from '../problems.ts';
import { PositionSchema, positionOf } from '../schemas.ts';
import { letterJson, summaryJson } from './letter-json.ts';
import {
  DEAD_LETTER_NOT_FOUND,
  LetterCountsSchema,
  LetterFilterSchema,
  LetterLimitSchema,
  LetterPageSchema,
  LetterSchema,
  LetterTimelineSchema,
} from './schemas.ts';

/**
 * Looks at dead letters and sends them back. Answers are undefined for a letter or message that does not exist, or an
 * invalid cursor. @throws AppError `busy`, `kafka_unavailable`, `database_unavailable`; `usage` for an invalid edit
 */
export interface DeadLetterControl {
  list(filter: LetterFilter, limit: number, cursor: string | undefined): Promise<LetterPage | undefined>;
  find(position: Position): Promise<KnownLetter | undefined>;
  /** All of them, some at a time, in the order of their partitions. Begins when the first are asked for. */
  export(filter: LetterFilter): AsyncGenerator<readonly KnownLetter[]>;
  counts(filter: LetterFilter): Promise<LetterCounts>;
  timeline(request: TimelineRequest): Promise<Timeline>;
  redrive(request: RedriveRequest): Promise<BoundedRedriveAnswer | undefined>;
  /**
   * Goes on to the end, a step at a time; ended early, what was sent is sent. Begins when the first step is asked for.
   */
  redriveAll(request: RedriveRequest): AsyncGenerator<RedriveProgress | undefined>;
  /** Of a message of the orders' topic. */
  fate(position: Position): Promise<RedrivenFate | undefined>;
}

export interface DeadLetterEndpointsOptions {
  readonly deadLetters: DeadLetterControl;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

/** What all endpoints of dead letters have in common. */
export const COMMON = {
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
        if (page === undefined) throw badParameter('cursor', BAD_CURSOR);
        const { letters, cut, next } = page;
        const json = { letters: letters.map(summaryJson), cut, next_cursor: next ?? null };
        return { status: 200, json, headers: NO_STORE };
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
        const { byReason, ...counts } = await deadLetters.counts(filterOf(query, 'query', now()));
        return { status: 200, json: { ...counts, by_reason: byReason }, headers: NO_STORE };
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
          'By the time of rejection, by default over the last hour. Counting goes from the newest back, within bounded time: `cut` says that the time was up, and `complete_since` from when on nothing is missing.',
        query: Type.Object({
          ...LetterFilterSchema.properties,
          bucket_s: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 31_536_000,
              description:
                'Length of a bucket in seconds, at most 1000 buckets in the range; by default about 60 buckets',
            }),
          ),
        }),
        responses: { 200: { description: 'The counts', schema: LetterTimelineSchema } },
      },
      async ({ query: { bucket_s, ...asked } }) => {
        const filter = filterOf(asked, 'query', now());
        const bucket = bucket_s === undefined ? {} : { bucketMs: bucket_s * 1000 };
        const range = timelineRange({ ...filter, ...bucket }, now());
        if ('wrong' in range) throw badParameter(range.wrong, range.message);
        const { since, until, bucketMs } = range;
        const timeline = await deadLetters.timeline({ filter: { ...filter, since, until }, bucketMs });
        return { status: 200, json: timelineJson(timeline), headers: NO_STORE };
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
        const found = await deadLetters.find(positionOf(params.position));
        if (found === undefined) throw new ProblemError(DEAD_LETTER_NOT_FOUND);
        return { status: 200, json: letterJson(found), headers: NO_STORE };
      },
    ),
  ];
}

function timelineJson({ since, until, bucketMs, byReason, total, cut, completeSince }: Timeline) {
  return {
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    bucket_ms: bucketMs,
    by_reason: byReason,
    total,
    cut,
    complete_since: new Date(completeSince).toISOString(),
  };
}

export const BAD_CURSOR = 'belongs to another topic, or the topic was re-created since';

/** The filter as it was asked for. @throws ProblemError for an invalid instant */
export function filterOf(
  { reason, since, until, key }: Static<typeof LetterFilterSchema>,
  place: 'query' | 'body',
  now: number,
): LetterFilter {
  const whenOf = (name: string, text: string): number => {
    const at = parseWhen(text, now);
    if (at !== undefined) return at;
    const message = 'must be RFC 3339, or an age such as 15m';
    throw place === 'body' ? badBody(`/filter/${name}`, message) : badParameter(name, message);
  };
  return {
    ...(reason && { reasons: reason }),
    ...(since !== undefined && { since: whenOf('since', since) }),
    ...(until !== undefined && { until: whenOf('until', until) }),
    ...(key !== undefined && { key }),
  };
}

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Lengths people read easily on a clock and a calendar. */
const ROUND_MS = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800].map((seconds) => seconds * SECOND),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  DAY,
];
const WANTED_BUCKETS = 60;
const MOST_BUCKETS = 1_000;

/**
 * The range asked for, by default the last hour in about 60 buckets, or what is wrong with it. Instants are ms since
 * the Unix epoch.
 */
export function timelineRange(
  asked: { readonly since?: number; readonly until?: number; readonly bucketMs?: number },
  now: number,
):
  | { readonly since: number; readonly until: number; readonly bucketMs: number }
  | { readonly wrong: 'since' | 'bucket_s'; readonly message: string } {
  const until = asked.until ?? now;
  const since = asked.since ?? until - HOUR;
  if (since >= until) return { wrong: 'since', message: 'must lie before until' };
  const length = until - since;
  const bucketMs =
    asked.bucketMs ??
    ROUND_MS.find((one) => length / one <= WANTED_BUCKETS) ??
    Math.ceil(length / WANTED_BUCKETS / DAY) * DAY;
  if (length / bucketMs > MOST_BUCKETS)
    return { wrong: 'bucket_s', message: `makes more than ${MOST_BUCKETS} buckets of the range` };
  return { since, until, bucketMs };
}
