import Type, { type Static } from 'typebox';
import { READ_FAILURES, READ_OUTCOMES } from '../../../contract/reader.ts';
import { OrderUidSchema } from '../../../order/order.ts';
import { InstantSchema, natural, OffsetSchema, orNull, strict } from '../schemas.ts';

const percent = (description: string) =>
  Type.Number({ minimum: 0, maximum: 100, description: `Per cent of the requests: ${description}` });
const ms = Type.Number({ minimum: 0 });
const outcome = Type.Enum([...READ_OUTCOMES], {
  description: 'A tier, by X-Cache; other: none was named; list: a list of orders; absent: there is no such order',
});

/** What the readers do. */
const settings = {
  rate: Type.Number({ minimum: 0.1, maximum: 10_000, description: 'Requests per second' }),
  absent: percent('of orders that do not exist'),
  lists: percent('lists of the newest orders'),
  repeats: percent('of orders read before, with If-None-Match'),
  think_ms: Type.Integer({ minimum: 0, maximum: 86_400_000, description: 'Least time until an order is read again' }),
  zipf: Type.Number({ minimum: 0, maximum: 10, description: 'How much new orders are preferred; 0: all alike' }),
  connections: Type.Integer({ minimum: 1, maximum: 64, description: 'Most connections' }),
};

/** What to change; what is absent stays as it is. */
export const ReadersChangeSchema = Type.Partial(Type.Object(settings), { ...strict, $id: 'ReadersChange' });

export type ReadersChangeJson = Static<typeof ReadersChangeSchema>;

const version = {
  topic: Type.String(),
  partition: natural(),
  offset: OffsetSchema,
  produced_at: InstantSchema,
};
const ReadVersionSchema = Type.Object({ ...version, stored_at: InstantSchema }, strict);

export type ReadVersionJson = Static<typeof ReadVersionSchema>;

const StaleAnswerSchema = Type.Object(
  {
    order_uid: OrderUidSchema,
    at: InstantSchema,
    outcome,
    answered: orNull(ReadVersionSchema, 'Null: there is no such order'),
    before: Type.Object(
      { ...Type.Partial(Type.Object(version)).properties, stored_at: InstantSchema },
      { ...strict, description: 'What had been read before; of a list, only stored_at' },
    ),
  },
  strict,
);

/** The state of the readers. */
export const ReadersSchema = Type.Object(
  {
    state: Type.Enum(['stopped', 'running', 'stopping']),
    ...settings,
    known_orders: natural('Orders to choose from'),
    latencies: Type.Array(
      Type.Object({ outcome, count: natural(), p50_ms: ms, p90_ms: ms, p99_ms: ms, p999_ms: ms, max_ms: ms }, strict),
      { description: 'By who answered, from the instant each request was due, since the last start or change' },
    ),
    failures: Type.Array(
      Type.Object(
        { kind: Type.Enum([...READ_FAILURES]), count: natural(), last: Type.String({ description: 'What it said' }) },
        strict,
      ),
      { description: 'Kinds that have occurred since the process started' },
    ),
    stale: natural('Answers older than what had been read before, since the process started'),
    stale_answers: Type.Array(StaleAnswerSchema, { description: 'The latest of each order, newest first' }),
    started_at: orNull(InstantSchema),
  },
  { ...strict, $id: 'Readers' },
);

export type ReadersJson = Static<typeof ReadersSchema>;
