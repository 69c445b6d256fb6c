import Type, { type Static, type TNumber, type TObject, type TOptional } from 'typebox';
import { FAULT_NAMES, SPOILING_FAULTS } from '../../../contract/generator.ts';
import { OrderUidSchema } from '../../../order/order.ts';
import { BytesSchema, InstantSchema, natural, OffsetSchema, orNull, strict } from '../schemas.ts';

const rate = Type.Number({ minimum: 0.1, maximum: 1_000_000, description: 'Messages per second' });
const ms = Type.Integer({ minimum: 1, maximum: 86_400_000 });
const percent = Type.Number({ minimum: 0, maximum: 100, description: 'Per cent of the messages' });
const seed = Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'The same seed gives the same orders' });
const index = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER - 1,
  description: 'Index of the next order',
});
const limit = orNull(
  Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 }),
  'Stops after this number of messages; null: never',
);

/** The distribution of messages over time. */
const ProfileSchema = Type.Union(
  [
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
      Type.Union([seed, Type.Literal('auto')], { description: 'auto: a new one. Another seed starts at index 0' }),
    ),
    next_index: Type.Optional(index),
    count: Type.Optional(limit),
    faults: Type.Optional(faultsSchema()),
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
    late_ms: natural('How far it is behind schedule'),
    seed,
    next_index: index,
    count: limit,
    remaining: orNull(natural(), 'Messages left until it stops by itself'),
    faults: Type.Record(Type.String(), percent),
    counts: Type.Object(
      { generated: natural(), sent: natural(), failed: natural(), in_flight: natural() },
      { ...strict, description: 'Since the process started: generated = sent + failed + in_flight' },
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
  },
  strict,
);

export type PreviewedMessageJson = Static<typeof PreviewedMessageSchema>;

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
