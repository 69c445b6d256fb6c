import Type from 'typebox';
import { REJECTION_REASONS } from '../order/rejection.ts';

const strict = { additionalProperties: false } as const;

/** Why a message was rejected. */
export const LetterReasonSchema = Type.Enum([...REJECTION_REASONS, 'unknown'], {
  description: '`unknown` for a message of the topic that this service did not put there',
});

/** `3:17`: partition 3, offset 17 of the dead-letter topic. */
export const PositionSchema = Type.String({ pattern: '^\\d{1,9}:\\d{1,15}$' });

const when = (description: string) =>
  Type.Union(
    [Type.String({ format: 'date-time', maxLength: 40 }), Type.String({ pattern: '^\\d{1,6}[smhd]$' })],
    {
      description: `${description}: RFC 3339, or an age such as 90s, 15m, 2h, 7d`,
    },
  );

/** How many dead letters a page may have. */
export const LetterLimitSchema = Type.Integer({
  minimum: 1,
  maximum: 500,
  default: 50,
  description: 'How many',
});

/** Query parameters that say which letters. */
export const LetterFilterSchema = Type.Object({
  reason: Type.Optional(
    Type.Array(LetterReasonSchema, { minItems: 1, description: 'Rejected for one of these reasons' }),
  ),
  since: Type.Optional(when('Rejected then or later')),
  until: Type.Optional(when('Rejected before then')),
  key: Type.Optional(Type.String({ description: 'With exactly this message key' })),
});

const bytesOrText = Type.Union([Type.String(), Type.Object({ base64: Type.String() }, strict)], {
  description: 'Text, or base64 when it is no UTF-8',
});
const summary = {
  position: PositionSchema,
  partition: Type.Integer(),
  offset: Type.Integer(),
  reason: LetterReasonSchema,
  detail: Type.String(),
  source: Type.Union([
    Type.Object(
      { topic: Type.String(), partition: Type.Integer(), offset: Type.Integer() },
      { ...strict, description: 'Where the message was rejected' },
    ),
    Type.Null(),
  ]),
  at: Type.String({ format: 'date-time', description: 'When it was rejected' }),
  replays: Type.Integer({ description: 'How often it had been sent back before' }),
  key: Type.Union([bytesOrText, Type.Null()]),
  value_bytes: Type.Union([Type.Integer(), Type.Null()], { description: 'null for a tombstone' }),
  redriven_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
};

/** A dead letter without its value. */
export const LetterSummarySchema = Type.Object(summary, { ...strict, $id: 'DeadLetterSummary' });

/** A dead letter with all it has. */
export const LetterSchema = Type.Object(
  {
    ...summary,
    headers: Type.Record(Type.String(), bytesOrText),
    value: Type.Optional(Type.Unknown({ description: 'The value, when it is JSON' })),
    value_base64: Type.Optional(
      Type.String({ description: 'Its bytes, when `value` is absent or would not give them back exactly' }),
    ),
  },
  { ...strict, $id: 'DeadLetter' },
);

/** Dead letters, newest first. */
export const LetterPageSchema = Type.Object(
  {
    letters: Type.Array(LetterSummarySchema),
    cut: Type.Boolean({ description: 'The time was up before the page was full' }),
    cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'For the next page; null after the last',
    }),
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

/** Which letters to send back: exactly one of `positions`, `filter`, `all`. */
export const RedriveRequestSchema = Type.Object(
  {
    positions: Type.Optional(Type.Array(PositionSchema, { minItems: 1, maxItems: 500 })),
    filter: Type.Optional(
      Type.Object(
        {
          reason: Type.Optional(Type.Array(LetterReasonSchema, { minItems: 1 })),
          since: Type.Optional(when('Rejected then or later')),
          until: Type.Optional(when('Rejected before then')),
          key: Type.Optional(Type.String()),
        },
        { ...strict, minProperties: 1 },
      ),
    ),
    all: Type.Optional(Type.Literal(true)),
    dry_run: Type.Optional(Type.Boolean({ default: false })),
    max_replays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        default: 3,
        description: 'Leave alone what came back so often',
      }),
    ),
    again: Type.Optional(Type.Boolean({ default: false, description: 'Also what was sent back before' })),
    cursor: Type.Optional(Type.String({ description: 'Of an answer that was cut: goes on there' })),
  },
  {
    ...strict,
    $id: 'RedriveRequest',
    oneOf: [{ required: ['positions'] }, { required: ['filter'] }, { required: ['all'] }],
  },
);

/** What became of the letters. */
export const RedriveAnswerSchema = Type.Object(
  {
    dry_run: Type.Boolean(),
    counts: Type.Record(Type.String(), Type.Integer(), { description: 'Letters by outcome' }),
    outcomes: Type.Array(
      Type.Object({ position: PositionSchema, outcome: Type.String(), detail: Type.String() }, strict),
    ),
    missing: Type.Array(PositionSchema, { description: 'Positions without a letter' }),
    recovered: Type.Object(
      { sent: Type.Integer(), not_sent: Type.Integer(), uncertain: Type.Integer() },
      { ...strict, description: 'Letters of an interrupted redrive, by what was found out about them' },
    ),
    cut: Type.Boolean({ description: 'The time was up: the same request with `cursor` goes on' }),
    cursor: Type.Union([Type.String(), Type.Null()]),
  },
  { ...strict, $id: 'RedriveAnswer' },
);
