import Type, { type Static, type TNumber, type TObject, type TOptional } from 'typebox';
import { FAULT_NAMES, MOST_STAGES, SPOILING_FAULTS } from '../../../contract/generator.ts';
import { OrderUidSchema } from '../../../order/order.ts';
import { ITEM_STATES } from '../../../order/states.ts';
import { BytesSchema, InstantSchema, natural, OffsetSchema, orNull, strict } from '../schemas.ts';

const rate = Type.Number({ minimum: 0.1, maximum: 1_000_000, description: 'Orders per second' });
const ms = Type.Integer({ minimum: 1, maximum: 86_400_000 });
const percent = Type.Number({ minimum: 0, maximum: 100, description: 'Per cent of the orders' });
const life = Type.Boolean({
  description: 'Send each order again at every step of its life. Without it, those that live now are sent no more',
});
const timeScale = Type.Number({
  minimum: 0.1,
  maximum: 1_000_000_000,
  description: 'How many times faster than the table of lives says orders live, from their next step on',
});
const seed = Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'The same seed gives the same orders' });
const index = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER - 1,
  description: 'Index of the next order',
});
const limit = orNull(
  Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 }),
  'Stops after this number of orders, once their lives are over; null: never',
);

const StageSchema = Type.Object(
  {
    to_rate: Type.Number({
      minimum: 0,
      maximum: 1_000_000,
      description: 'Orders per second at its end, from those at its beginning evenly; 0 to pause, or to end',
    }),
    over_ms: Type.Integer({ minimum: 0, maximum: 86_400_000 }),
    faults: Type.Optional({
      ...percent,
      description:
        'Per cent of its orders that have a fault, in the proportions of `faults`, or all faults alike where that is empty. Absent: as `faults` says',
    }),
  },
  strict,
);

export type StageJson = Static<typeof StageSchema>;

/** The distribution of messages over time. */
const ProfileSchema = Type.Union(
  [
    // Of a body that is refused, only the first errors are told: this form can have the most.
    Type.Object(
      { kind: Type.Literal('stages'), stages: Type.Array(StageSchema, { minItems: 1, maxItems: MOST_STAGES }) },
      {
        ...strict,
        description:
          'Stages one after the other, the first from `rate` on; then on at the rate of the last. If that is 0, the generator stops',
      },
    ),
    Type.Object({ kind: Type.Literal('steady') }, { ...strict, description: 'Always at `rate`' }),
    Type.Object(
      { kind: Type.Literal('burst'), burst_rate: rate, for_ms: ms, every_ms: ms },
      { ...strict, description: 'Every `every_ms`, `for_ms` at `burst_rate`; in between at `rate`' },
    ),
    Type.Object(
      { kind: Type.Literal('ramp'), to_rate: rate, over_ms: ms },
      { ...strict, description: 'From `rate` to `to_rate` within `over_ms`, then on at that' },
    ),
  ],
  { $id: 'LoadProfile' },
);

/** What to change; what is absent stays as it is. */
export const GeneratorChangeSchema = Type.Object(
  {
    rate: Type.Optional(rate),
    profile: Type.Optional(ProfileSchema),
    seed: Type.Optional(
      Type.Union([seed, Type.Literal('auto')], {
        description: 'auto: a new one. Another seed starts at index 0, with lives of its own',
      }),
    ),
    next_index: Type.Optional(index),
    count: Type.Optional(limit),
    faults: Type.Optional(faultsSchema()),
    life: Type.Optional(life),
    time_scale: Type.Optional(timeScale),
  },
  { ...strict, $id: 'GeneratorChange' },
);

export type GeneratorChangeJson = Static<typeof GeneratorChangeSchema>;

function faultsSchema(): TObject<Record<string, TOptional<TNumber>>> {
  return Type.Object(Object.fromEntries(FAULT_NAMES.map((name) => [name, Type.Optional(percent)])), {
    ...strict,
    description: 'Share of each fault; faults not given are not injected. Together at most 100',
  });
}

/** The state of the generator. */
export const GeneratorSchema = Type.Object(
  {
    state: Type.Enum(['stopped', 'running', 'stopping']),
    rate,
    profile: ProfileSchema,
    current_rate: Type.Number({
      minimum: 0,
      description: 'The rate of the profile at this moment; 0 when it is not running',
    }),
    profile_ms: orNull(natural(), 'How long ago the profile began; null when it is not running'),
    late_ms: natural('How far it is behind schedule'),
    seed,
    next_index: index,
    count: limit,
    remaining: orNull(natural(), 'Orders left until it stops by itself'),
    faults: Type.Record(Type.String(), percent),
    life,
    time_scale: timeScale,
    open_orders: natural('Orders whose life goes on'),
    injected: natural('Faults in its manifest: those since the process started, at most the last 100,000'),
    counts: Type.Object(
      {
        generated: natural(),
        sent: natural(),
        failed: natural(),
        in_flight: natural(),
        orders: natural('Of those sent: the orders, without the later steps of their lives'),
      },
      { ...strict, description: 'Messages since the process started: generated = sent + failed + in_flight' },
    ),
    started_at: orNull(InstantSchema),
    error: orNull(Type.String(), 'Why it stopped without being asked to'),
    fault_names: Type.Array(Type.String(), { description: 'The faults it knows' }),
  },
  { ...strict, $id: 'Generator' },
);

export type GeneratorJson = Static<typeof GeneratorSchema>;

const PreviewedMessageSchema = Type.Object(
  {
    index,
    key: orNull(BytesSchema),
    value: orNull(BytesSchema),
    fault: orNull(Type.String()),
    state: orNull(Type.Enum([...ITEM_STATES]), 'What its order comes to; null without life, or with a fault'),
  },
  strict,
);

export type PreviewedMessageJson = Static<typeof PreviewedMessageSchema>;

export const PreviewCountSchema = Type.Integer({ minimum: 1, maximum: 100, default: 5, description: 'How many' });

/** Of which messages to tell. */
export const PreviewRequestSchema = Type.Object(
  { count: PreviewCountSchema, faults: Type.Optional(faultsSchema()) },
  { ...strict, $id: 'PreviewRequest' },
);

/** The next messages. */
export const PreviewSchema = Type.Object(
  { messages: Type.Array(PreviewedMessageSchema) },
  { ...strict, $id: 'GeneratorPreview' },
);

/** What to send: a valid order, or one with this fault. */
export const SendOneSchema = Type.Object(
  { fault: Type.Optional(Type.Enum([...SPOILING_FAULTS])) },
  { ...strict, $id: 'SendOne' },
);

/** Where Kafka put it. */
export const SentOneSchema = Type.Object(
  {
    order_uid: OrderUidSchema,
    fault: orNull(Type.String()),
    topic: Type.String(),
    partition: natural(),
    offset: OffsetSchema,
  },
  { ...strict, $id: 'SentOne' },
);

export type SentOneJson = Static<typeof SentOneSchema>;
