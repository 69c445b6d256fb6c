import Type, { type Static } from 'typebox';
import { REJECTION_REASONS } from '../../../order/rejection.ts';
import type { Problem } from '../../http/problem.ts';
import {
  BytesSchema,
  HeadersSchema,
  InstantSchema,
  NextCursorSchema,
  OrderCheckSchema,
  orNull,
  PositionSchema,
  strict,
} from '../schemas.ts';

export const DEAD_LETTER_NOT_FOUND: Problem = {
  name: 'dead-letter-not-found',
  status: 404,
  title: 'There is no dead letter at this position',
  advice: 'A position is partition:offset in the dead-letter topic, such as 3:17.',
};

/** Why a message was rejected. */
const LetterReasonSchema = Type.Enum([...REJECTION_REASONS, 'unknown'], {
  description: '`unknown` for a message of the topic that this service did not put there',
});

const when = (description: string) =>
  Type.Union([Type.String({ format: 'date-time', maxLength: 40 }), Type.String({ pattern: '^\\d{1,6}[smhd]$' })], {
    description: `${description}: RFC 3339, or an age such as 90s, 15m, 2h, 7d`,
  });

/** How many dead letters a page may have. */
export const LetterLimitSchema = Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'How many' });

/** Query parameters that say which letters. */
export const LetterFilterSchema = Type.Object({
  reason: Type.Optional(
    Type.Array(LetterReasonSchema, { minItems: 1, description: 'Rejected for one of these reasons' }),
  ),
  since: Type.Optional(when('Rejected then or later')),
  until: Type.Optional(when('Rejected before then')),
  key: Type.Optional(Type.String({ description: 'With exactly this message key' })),
});

const summary = {
  position: PositionSchema,
  partition: Type.Integer(),
  offset: Type.Integer(),
  reason: LetterReasonSchema,
  detail: Type.String(),
  source: orNull(
    Type.Object(
      { topic: Type.String(), partition: Type.Integer(), offset: Type.Integer() },
      { ...strict, description: 'Where the message was rejected' },
    ),
  ),
  at: Type.String({ format: 'date-time', description: 'When it was rejected' }),
  replays: Type.Integer({ description: 'How often it had been sent back before' }),
  key: orNull(BytesSchema),
  value_bytes: orNull(Type.Integer(), 'null for a tombstone'),
  redriven_at: orNull(InstantSchema),
};

/** A dead letter without its value. */
const LetterSummarySchema = Type.Object(summary, { ...strict, $id: 'DeadLetterSummary' });

export type LetterSummaryJson = Static<typeof LetterSummarySchema>;

/** A dead letter with all it has. */
export const LetterSchema = Type.Object(
  {
    ...summary,
    headers: HeadersSchema,
    value: Type.Optional(Type.Unknown({ description: 'The value, when it is JSON' })),
    value_base64: Type.Optional(
      Type.String({ description: 'Its bytes, when `value` is absent or would not give them back exactly' }),
    ),
  },
  { ...strict, $id: 'DeadLetter' },
);

export type LetterJson = Static<typeof LetterSchema>;

/** Dead letters, newest first. */
export const LetterPageSchema = Type.Object(
  {
    letters: Type.Array(LetterSummarySchema),
    cut: Type.Boolean({ description: 'The time was up before the page was full' }),
    next_cursor: NextCursorSchema,
  },
  { ...strict, $id: 'DeadLetterPage' },
);

/** How many there are. */
export const LetterCountsSchema = Type.Object(
  {
    total: Type.Integer(),
    by_reason: Type.Record(Type.String(), Type.Integer()),
    redriven: Type.Integer({ description: 'Those that were sent back' }),
    cut: Type.Boolean({ description: 'The time was up: older ones are not counted' }),
  },
  { ...strict, $id: 'DeadLetterCounts' },
);

/** Letters by reason, in buckets of time. */
export const LetterTimelineSchema = Type.Object(
  {
    since: Type.String({ format: 'date-time', description: 'Where the first bucket begins' }),
    until: Type.String({ format: 'date-time', description: 'Where the last bucket ends' }),
    bucket_ms: Type.Integer(),
    by_reason: Type.Record(Type.String(), Type.Array(Type.Integer()), {
      description: 'Letters rejected in each bucket, oldest first; reasons without any are left out',
    }),
    total: Type.Integer(),
    cut: Type.Boolean({ description: 'The time was up: before `complete_since` some are missing' }),
    complete_since: Type.String({ format: 'date-time' }),
  },
  { ...strict, $id: 'DeadLetterTimeline' },
);

/** A change of the values that are sent back: exactly one of `patch`, `value`, `value_base64`. */
const LetterEditSchema = Type.Object(
  {
    patch: Type.Optional(
      Type.Array(
        Type.Object(
          {
            op: Type.Enum(['add', 'remove', 'replace', 'move', 'copy', 'test']),
            path: Type.String(),
            from: Type.Optional(Type.String()),
            value: Type.Optional(Type.Unknown()),
          },
          strict,
        ),
        { minItems: 1, maxItems: 1_000, description: 'A JSON Patch (RFC 6902), for any number of letters' },
      ),
    ),
    value: Type.Optional(Type.Unknown({ description: 'JSON in the place of the value of one letter' })),
    value_base64: Type.Optional(
      Type.String({
        // The exact form would cost a long text much time; the handler looks at the rest.
        pattern: '^[A-Za-z0-9+/]*={0,2}$',
        description: 'The same as bytes, which may be anything',
      }),
    ),
  },
  {
    ...strict,
    $id: 'LetterEdit',
    oneOf: [{ required: ['patch'] }, { required: ['value'] }, { required: ['value_base64'] }],
  },
);

/** Which letters to send back: exactly one of `positions`, `filter`, `all`. */
export const RedriveRequestSchema = Type.Object(
  {
    positions: Type.Optional(Type.Array(PositionSchema, { minItems: 1, maxItems: 500 })),
    filter: Type.Optional(Type.Object(LetterFilterSchema.properties, { ...strict, minProperties: 1 })),
    all: Type.Optional(Type.Literal(true)),
    dry_run: Type.Optional(Type.Boolean({ default: false })),
    max_replays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        default: 3,
        description: 'Skip letters that came back this many times',
      }),
    ),
    again: Type.Optional(Type.Boolean({ default: false, description: 'Also letters that were sent back before' })),
    edit: Type.Optional(LetterEditSchema),
    cursor: Type.Optional(Type.String({ description: '`next_cursor` of an answer that was cut: continues there' })),
  },
  {
    ...strict,
    $id: 'RedriveRequest',
    oneOf: [{ required: ['positions'] }, { required: ['filter'] }, { required: ['all'] }],
    examples: [
      {
        positions: ['3:17'],
        edit: { patch: [{ op: 'replace', path: '/payment/amount', value: 1817 }] },
        dry_run: true,
      },
      { filter: { reason: ['future_date'], since: '1d' } },
    ],
  },
);

const counted = (description: string) => Type.Record(Type.String(), Type.Integer(), { description });
const answer = {
  dry_run: Type.Boolean(),
  counts: counted('Letters by outcome'),
  would_come_back: Type.Optional(counted('In a dry run: those that would be sent and rejected again, by reason')),
  outcomes: Type.Array(
    Type.Object(
      {
        position: PositionSchema,
        outcome: Type.String(),
        detail: Type.String(),
        sent_to: Type.Optional(
          Type.String({
            description: 'Where in its own topic it is now; `…/redriven?position=` says what became of it',
          }),
        ),
        check: Type.Optional(OrderCheckSchema),
      },
      strict,
    ),
    { description: '`check` in a dry run of `positions`: what the consumer would say' },
  ),
  missing: Type.Array(PositionSchema, { description: 'Positions without a letter' }),
  recovered: Type.Object(
    { sent: Type.Integer(), not_sent: Type.Integer(), uncertain: Type.Integer() },
    { ...strict, description: 'Letters of an interrupted redrive, by what was found out about them' },
  ),
};

/** What became of the letters. */
export const RedriveAnswerSchema = Type.Object(
  {
    ...answer,
    cut: Type.Boolean({ description: 'The time was up: send `next_cursor` as `cursor` to continue' }),
    next_cursor: NextCursorSchema,
  },
  { ...strict, $id: 'RedriveAnswer' },
);

/** A line of the answer that reports the progress. */
export const RedriveLineSchema = Type.Union(
  [
    Type.Object(
      {
        progress: Type.Object(
          {
            passed: Type.Integer({ description: 'Offsets of the dead-letter topic, or positions, looked at' }),
            total: Type.Integer({ description: 'All there are to look at' }),
            counts: counted('Letters by outcome so far'),
          },
          strict,
        ),
      },
      strict,
    ),
    Type.Object(
      {
        result: Type.Object({ ...answer, complete: Type.Literal(true) }, strict),
      },
      strict,
    ),
    Type.Object(
      {
        result: Type.Object(
          {
            complete: Type.Literal(false),
            reason: Type.String({ description: 'The kind of the problem; the same request continues' }),
          },
          strict,
        ),
      },
      strict,
    ),
  ],
  { $id: 'RedriveLine' },
);

/** What became of a message that was sent back. */
export const FateSchema = Type.Object(
  {
    state: Type.Enum(['waiting', 'stored', 'rejected', 'unknown'], {
      description:
        'stored: the order is, or an equal or a later version of it; unknown: the time was up before that was found out',
    }),
    ahead: Type.Optional(Type.Integer({ description: 'Messages the consumer takes before it' })),
    order_uid: Type.Optional(Type.String({ description: 'Of the order that is stored' })),
    letter: Type.Optional(LetterSummarySchema),
  },
  { ...strict, $id: 'RedrivenFate' },
);
