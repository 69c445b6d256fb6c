import Type, { type Static } from 'typebox';
import { REJECTION_REASONS } from '../../../order/rejection.ts';
import type { Problem } from '../../http/problem.ts';
import {
  BytesSchema,
  HeadersSchema,
  InstantSchema,
  NextCursorSchema,
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
  order_uid: orNull(Type.String(), 'Of the order that the value names, or else the key; null when neither does'),
  value_bytes: orNull(Type.Integer(), 'null for a tombstone'),
  redriven_at: orNull(InstantSchema),
};

/** A dead letter without its value. */
export const LetterSummarySchema = Type.Object(summary, { ...strict, $id: 'DeadLetterSummary' });

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
