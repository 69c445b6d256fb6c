import {
  LetterCountsSchema,
  LetterLimitSchema,
  LetterPageSchema,
  LetterReasonSchema,
  LetterSchema,
  PositionSchema,
  RedriveAnswerSchema,
  RedriveRequestSchema,
  WhenSchema,
} from './dead-letter-schemas.ts';
import { BODY_PROBLEMS, body, type Json, json, operation, problems, ref } from './openapi-parts.ts';
import type { ProblemName } from './problem.ts';

/** Schemas of the dead letters, by name. */
export const DEAD_LETTER_SCHEMAS = {
  DeadLetter: LetterSchema,
  DeadLetterPage: LetterPageSchema,
  DeadLetterCounts: LetterCountsSchema,
  RedriveRequest: RedriveRequestSchema,
  RedriveAnswer: RedriveAnswerSchema,
} as const;

const COMMON = [
  'token-required',
  'token-not-set',
  'kafka-unavailable',
  'database-unavailable',
  'dead-letters-busy',
  'timed-out',
] as const satisfies ProblemName[];

const FILTERS = [
  parameter('reason', { type: 'array', items: LetterReasonSchema }, 'Rejected for one of these reasons'),
  parameter('since', WhenSchema, 'Rejected then or later'),
  parameter('until', WhenSchema, 'Rejected before then'),
  parameter('key', { type: 'string' }, 'With exactly this message key'),
];

/** The paths of the dead letters. */
export function deadLetterPaths(): Json {
  return {
    '/api/v1/dead-letters': {
      get: operation('listDeadLetters', 'Rejected messages, newest first', {
        parameters: [
          ...FILTERS,
          parameter('limit', LetterLimitSchema, 'How many'),
          parameter('cursor', { type: 'string' }, 'Of the page before'),
        ],
        responses: { 200: json('A page', ref('DeadLetterPage')), ...problems('bad-request', ...COMMON) },
      }),
    },
    '/api/v1/dead-letters/counts': {
      get: operation('countDeadLetters', 'How many rejected messages there are, by reason', {
        parameters: FILTERS,
        responses: {
          200: json('The counts', ref('DeadLetterCounts')),
          ...problems('bad-request', ...COMMON),
        },
      }),
    },
    '/api/v1/dead-letters/redrive': {
      post: operation('redriveDeadLetters', 'Send rejected messages back to their topic, each of them once', {
        requestBody: body(ref('RedriveRequest')),
        responses: {
          200: json('What became of them', ref('RedriveAnswer')),
          ...problems('bad-json', 'bad-request', ...COMMON, ...BODY_PROBLEMS),
        },
      }),
    },
    '/api/v1/dead-letters/{position}': {
      get: operation('getDeadLetter', 'One rejected message, with its headers and value', {
        parameters: [{ name: 'position', in: 'path', required: true, schema: PositionSchema }],
        responses: {
          200: json('The letter', ref('DeadLetter')),
          ...problems('bad-request', 'dead-letter-not-found', ...COMMON),
        },
      }),
    },
  };
}

function parameter(name: string, schema: object, description: string): Json {
  return { name, in: 'query', required: false, schema, description };
}
