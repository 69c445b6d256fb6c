import Type, { type Static } from 'typebox';
import type { Problem } from '../../http/problem.ts';
import {
  BytesSchema,
  HeadersSchema,
  InstantSchema,
  NextCursorSchema,
  natural,
  OffsetSchema,
  orNull,
  strict,
} from '../schemas.ts';

export const GROUP_NOT_FOUND: Problem = {
  name: 'group-not-found',
  status: 404,
  title: 'There is no such consumer group',
  advice: 'GET /api/v1/consumer-groups lists them.',
};
export const GROUP_NOT_OWN: Problem = {
  name: 'group-not-own',
  status: 409,
  title: 'This is not the consumer group of this service',
  advice: 'Kafka’s own tools move the offsets of other groups.',
};
export const MESSAGE_UNCONFIRMED: Problem = {
  name: 'message-unconfirmed',
  status: 503,
  title: 'Kafka has not confirmed the message',
  advice: 'It may be in the topic or not. Look for it there first: sent again, it may be there twice.',
  retryAfterSeconds: 5,
};
export const MESSAGE_TOO_LARGE: Problem = {
  name: 'message-too-large',
  status: 422,
  title: 'The topic takes no message of this length',
  advice: 'The limit is max.message.bytes of the topic.',
};
const PENDING = 'those behind an open transaction, which readers of committed messages do not see yet';
/** Kafka's own rule for topic names. */
export const TopicNameSchema = Type.String({ pattern: '^[a-zA-Z0-9._-]{1,249}$', description: 'The topic' });

export const GroupNameSchema = Type.String({ minLength: 1, maxLength: 255, description: 'The group' });

const OpenTransactionSchema = Type.Object(
  {
    topic: Type.String(),
    partition: natural(),
    first_offset: natural('Readers of committed messages stop here'),
    producer_id: Type.String({ description: '64-bit number as text' }),
    transactional_id: orNull(
      Type.String(),
      'Null when no coordinator knows it: this service may not ask, or the transaction hangs',
    ),
    started_at: orNull(InstantSchema),
    timeout_ms: orNull(Type.Integer(), 'The broker aborts it after this time'),
  },
  { ...strict, $id: 'OpenTransaction' },
);

export type OpenTransactionJson = Static<typeof OpenTransactionSchema>;

const OpenTransactionsSchema = Type.Array(OpenTransactionSchema, {
  description: 'In the partitions with pending messages, as far as the brokers report them',
});

/** What this service does with a topic; undefined for a topic of others. */
export type TopicUse = 'orders' | 'dead_letters';

const summary = {
  name: Type.String(),
  use: orNull(Type.Enum(['orders', 'dead_letters']), 'What this service does with it; null for a topic of others'),
  topic_id: orNull(Type.String()),
  internal: Type.Boolean({ description: 'A topic of Kafka itself: only its name is known' }),
  partitions: orNull(natural()),
  replication_factor: orNull(natural()),
  messages: orNull(natural(), 'Offsets between the starts and the ends: the number of messages, or more'),
  pending: orNull(natural(), `Of the messages: ${PENDING}`),
};

const TopicSchema = Type.Object(summary, { ...strict, $id: 'Topic' });

export type TopicJson = Static<typeof TopicSchema>;

export const TopicListSchema = Type.Object({ topics: Type.Array(TopicSchema) }, { ...strict, $id: 'TopicList' });

export const TopicDetailSchema = Type.Object(
  {
    ...summary,
    partition_details: Type.Array(
      Type.Object(
        {
          partition: natural(),
          leader: orNull(Type.Integer()),
          replicas: Type.Array(Type.Integer()),
          in_sync_replicas: Type.Array(Type.Integer()),
          start: natural('The first offset in the log'),
          stable_end: natural('The last stable offset: committed messages are seen up to here'),
          end: natural('The offset after the last message'),
          bytes: orNull(natural(), 'What its log takes on the leader’s disk; null when the brokers do not tell'),
        },
        strict,
      ),
    ),
    settings: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          value: orNull(Type.String()),
          own: Type.Boolean({ description: 'Set on this topic: `source` is topic' }),
          source: Type.Enum(['topic', 'broker', 'default'], {
            description: 'Where it is set: on this topic, for all topics of the brokers, or nowhere',
          }),
        },
        strict,
      ),
    ),
    open_transactions: OpenTransactionsSchema,
  },
  { ...strict, $id: 'TopicDetail' },
);

const MeaningSchema = Type.Union([
  Type.Object({ kind: Type.Literal('order'), order_uid: Type.String() }, strict),
  Type.Object(
    { kind: Type.Enum(['dead_letter', 'other']), reason: Type.String(), detail: Type.String() },
    { ...strict, description: 'Why it is not an order; `other`: the reason the consumer would give' },
  ),
]);

export type MeaningJson = Static<typeof MeaningSchema>;

export const MessageSchema = Type.Object(
  {
    partition: natural(),
    offset: natural(),
    timestamp: Type.String({ format: 'date-time' }),
    key: orNull(BytesSchema),
    headers: HeadersSchema,
    value: orNull(BytesSchema, 'Null for a tombstone'),
    value_bytes: orNull(natural(), 'Length of the whole value'),
    cut: Type.Boolean({ description: '`value` is only the start of it' }),
    meaning: MeaningSchema,
  },
  { ...strict, $id: 'Message' },
);

export type MessageJson = Static<typeof MessageSchema>;

export const MessagePageSchema = Type.Object(
  {
    messages: Type.Array(MessageSchema),
    scanned: natural('Offsets searched for this page'),
    left: natural('Offsets still to search'),
    pending: natural(`Not among the messages: ${PENDING}`),
    cut: Type.Boolean({ description: 'The time was up before the page was full' }),
    next_cursor: NextCursorSchema,
  },
  { ...strict, $id: 'MessagePage' },
);

export type MessagePageJson = Static<typeof MessagePageSchema>;

export const MessageToProduceSchema = Type.Object(
  {
    key: Type.Optional(orNull(BytesSchema, 'None by default')),
    value: orNull(BytesSchema, 'Null for a tombstone'),
    headers: Type.Optional(HeadersSchema),
    partition: Type.Optional(
      natural('By the key by default, as Kafka’s own clients choose it; without a key the partitions take turns'),
    ),
    dry_run: Type.Optional(Type.Boolean({ description: 'Only report what would be done' })),
  },
  { ...strict, $id: 'MessageToProduce' },
);

export const ProducedMessageSchema = Type.Object(
  {
    topic: Type.String(),
    dry_run: Type.Boolean(),
    partition: orNull(natural(), 'Null before it is sent without a key: the partitions take turns'),
    offset: orNull(natural(), 'Null before it is sent, or when Kafka no longer knows it'),
    bytes: natural('As max.message.bytes counts them, without compression'),
    max_bytes: orNull(natural(), 'max.message.bytes of the topic'),
    meaning: MeaningSchema,
  },
  { ...strict, $id: 'ProducedMessage' },
);

const behind = {
  own: Type.Boolean({ description: 'The group of this service' }),
  ignored: natural(
    'Partitions whose offset was changed by hand in Kafka, without effect: the offset in PostgreSQL counts',
  ),
  lag: natural('Over all partitions'),
  pending: natural(`Of the lag: ${PENDING}`),
};

export const GroupListSchema = Type.Object(
  {
    groups: Type.Array(
      Type.Object(
        {
          group: Type.String(),
          state: Type.String(),
          protocol_type: Type.String(),
          members: natural(),
          ...behind,
        },
        { ...strict, $id: 'ConsumerGroup' },
      ),
    ),
    total: natural('Groups with the text in their names'),
    next_cursor: NextCursorSchema,
  },
  { ...strict, $id: 'ConsumerGroupList' },
);

export const GroupDetailSchema = Type.Object(
  {
    group: Type.String(),
    state: Type.String(),
    protocol_type: Type.String(),
    protocol: Type.String({ description: 'How partitions are shared out; empty without members' }),
    coordinator: Type.Object(
      { broker: Type.Integer(), address: Type.String({ description: 'host:port' }) },
      { ...strict, description: 'The broker that keeps the group' },
    ),
    members: Type.Array(
      Type.Object(
        {
          member_id: Type.String(),
          client_id: Type.String(),
          host: Type.String(),
          assigned: Type.Record(Type.String(), Type.Array(natural())),
        },
        strict,
      ),
    ),
    ...behind,
    partitions: Type.Array(
      Type.Object(
        {
          topic: Type.String(),
          partition: natural(),
          committed: orNull(natural(), 'The offset the group has committed to Kafka'),
          stored: orNull(
            natural(),
            'For this service’s own group: the offset in PostgreSQL, which is the one that counts',
          ),
          ignored: orNull(natural(), 'The offset that was set by hand in Kafka, without effect'),
          end: orNull(natural(), 'The offset after the last message'),
          stable_end: orNull(natural(), 'The last stable offset: committed messages are seen up to here'),
          lag: orNull(natural(), 'From `stored` to the end, or from `committed` if there is no `stored`'),
          pending: orNull(natural(), `Of the lag: ${PENDING}`),
        },
        strict,
      ),
    ),
    open_transactions: OpenTransactionsSchema,
  },
  { ...strict, $id: 'ConsumerGroupDetail' },
);

export const OffsetResetSchema = Type.Object(
  {
    to: Type.Union([Type.String({ maxLength: 64 }), OffsetSchema], {
      description:
        'earliest, latest, an offset, or a time from which messages were written: RFC 3339, or an age such as 15m. An offset outside the log becomes the nearest one inside.',
      examples: ['earliest', 17, '2h'],
    }),
    partitions: Type.Optional(
      Type.Array(natural(), { minItems: 1, maxItems: 1_000, description: 'Only these partitions' }),
    ),
    dry_run: Type.Optional(Type.Boolean({ description: 'Only report what would be done' })),
  },
  { ...strict, $id: 'OffsetReset' },
);

export const OffsetMovesSchema = Type.Object(
  {
    topic: Type.String(),
    dry_run: Type.Boolean(),
    partitions: Type.Array(
      Type.Object(
        {
          partition: natural(),
          start: natural('First offset in the log'),
          end: natural('The offset after the last message'),
          from: natural('The stored offset before'),
          to: natural('The offset to read from'),
        },
        strict,
      ),
    ),
  },
  { ...strict, $id: 'OffsetMoves' },
);

export type GroupDetailJson = Static<typeof GroupDetailSchema>;
