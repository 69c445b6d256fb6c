import Type from 'typebox';
import { NextCursorSchema, OrderCheckSchema, orNull, PositionSchema, strict } from '../schemas.ts';
import { LetterFilterSchema, LetterSummarySchema } from './schemas.ts';

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
const outcome = {
  position: PositionSchema,
  outcome: Type.String(),
  detail: Type.String(),
  check: Type.Optional(OrderCheckSchema),
};
const answer = {
  dry_run: Type.Boolean(),
  counts: counted('Letters by outcome'),
  would_come_back: Type.Optional(counted('In a dry run: those that would be sent and rejected again, by reason')),
  outcomes: Type.Array(
    Type.Object(
      {
        ...outcome,
        sent_to: Type.Optional(
          Type.String({
            description: 'Where in its own topic it is now; `…/redriven?position=` says what became of it',
          }),
        ),
      },
      strict,
    ),
    { description: '`check` in a dry run of `positions`: what the consumer would say' },
  ),
  samples: Type.Optional(
    Type.Array(
      Type.Object(
        {
          ...outcome,
          changes: Type.Optional(
            Type.Array(
              Type.Object(
                {
                  pointer: Type.String({ description: 'JSON Pointer (RFC 6901)' }),
                  from: orNull(Type.String(), 'As JSON, 200 characters at most; null where there was nothing'),
                  to: orNull(Type.String(), 'The same of the value that would be sent'),
                },
                strict,
              ),
              { description: 'The first 20' },
            ),
          ),
        },
        strict,
      ),
      {
        description:
          'In a dry run with a patch: five letters that it would change, and five to which it does not apply',
      },
    ),
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
