import Type, { type Static } from 'typebox';
import { DEAD_LETTER_HEADERS, wholeNumber } from '../../../contract/letter.ts';
import type { TopicCatalog } from '../../../kafka/admin/topic-catalog.ts';
import type { BrowsedMessage, MessageBrowser } from '../../../kafka/read/message-browser.ts';
import { producedAt } from '../../../kafka/read/order-log.ts';
import { within } from '../../../lib/deadline.ts';
import { textOrBase64 } from '../../../lib/printable.ts';
import { rfc3339 } from '../../../lib/rfc3339.ts';
import { decodeOrder } from '../../../order/decode.ts';
import { ItemSchema, type Order } from '../../../order/order.ts';
import { REJECTION_REASONS } from '../../../order/rejection.ts';
import { orderState } from '../../../order/states.ts';
import { differences } from '../../../order/version.ts';
import type { OrderTrail, OrderTrails } from '../../../storage/stored-orders.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { TOO_MANY_AT_ONCE } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { Slots } from '../../http/slots.ts';
import { DATABASE_UNAVAILABLE, KAFKA_UNAVAILABLE, orNotFound, TOPIC_NOT_FOUND } from '../problems.ts';
import { BytesSchema, LookupUidSchema, natural, OffsetSchema, orNull, strict } from '../schemas.ts';
import { OrderStateSchema } from './schemas.ts';

export interface OrderHistoryOptions {
  readonly trails: OrderTrails;
  readonly maxOrderBytes: number;
  readonly operations: {
    readonly messages: Pick<MessageBrowser, 'ofOrder'>;
    readonly topics: Pick<TopicCatalog, 'find'>;
    readonly ownGroup: { readonly topic: string };
  };
}

/** A search opens its own connections to Kafka and reads as fast as it can. */
const MAX_SEARCHES = 4;
const MAX_VERSIONS = 200;
const MAX_CHANGES = 50;
/** Longest wait for the topic's settings, ms. */
const SETTINGS_MS = 2_000;

const ValueSchema = orNull(
  Type.Union([Type.String(), Type.Integer(), ItemSchema]),
  'A whole item where the other version has none; null where this one has none',
);

const VersionSchema = Type.Object(
  {
    partition: natural(),
    offset: OffsetSchema,
    timestamp: Type.String({ format: 'date-time', description: 'The message’s own, in Kafka' }),
    produced_at: Type.String({ format: 'date-time', description: 'By its sender’s clock' }),
    kind: Type.Enum(['first', 'changed', 'same', 'rejected'], {
      description:
        'first: no earlier version was found; changed: it differs from the one before; same: the one before, sent again; rejected: not an order',
    }),
    current: Type.Boolean({ description: 'The stored order came from this message' }),
    replays: Type.Optional(natural('How often it was sent back from the dead letters')),
    state: Type.Optional(OrderStateSchema),
    changes: Type.Optional(
      Type.Array(
        Type.Object(
          { pointer: Type.String({ description: 'JSON Pointer (RFC 6901)' }), from: ValueSchema, to: ValueSchema },
          strict,
        ),
        { description: `Against the version before, ${MAX_CHANGES} at most` },
      ),
    ),
    changes_left_out: Type.Optional(natural('How many more there are')),
    reason: Type.Optional(Type.Enum([...REJECTION_REASONS], { description: 'The code its dead letter has' })),
    detail: Type.Optional(Type.String()),
  },
  { ...strict, $id: 'OrderVersion' },
);

type VersionJson = Static<typeof VersionSchema>;

const HistorySchema = Type.Object(
  {
    order_uid: LookupUidSchema,
    topic: Type.String(),
    key: orNull(BytesSchema, 'The messages’ key; null when the stored one has none'),
    current: orNull(
      Type.Object({ partition: natural(), offset: OffsetSchema }, strict),
      'Where the stored order came from; null when none is stored',
    ),
    versions: Type.Array(VersionSchema, { description: 'Oldest first' }),
    searched: Type.Array(
      Type.Object(
        {
          partition: natural(),
          from: OffsetSchema,
          to: OffsetSchema,
          log_start: OffsetSchema,
          log_end: OffsetSchema,
        },
        strict,
      ),
      { description: 'Where messages of the order were looked for, and what the log has; the ends are exclusive' },
    ),
    partitions: natural('How many the topic has; the others were not searched'),
    stopped: orNull(
      Type.Enum(['time', 'limit']),
      'time: the time was up; limit: too many messages, or too long ones; null when all was searched that was to be',
    ),
    compacted: orNull(
      Type.Boolean(),
      'Kafka deletes all but the last message of each key, sooner or later; null when Kafka did not say',
    ),
  },
  { ...strict, $id: 'OrderHistory' },
);

const description = `Read from the log in Kafka, which has no index by key: the search begins where the stored message stands and goes
back to an hour before the order's \`date_created\`, and on to the end of that partition. When no such order is stored, it goes back from
the ends of the partitions that Kafka's clients choose for the key. It takes a few seconds at most; \`searched\` says how far it got. With
\`thorough\` it may take twice as long, and goes on to the beginning of the log and to all partitions. What retention or compaction has
deleted is not in the log any more. A message is \`rejected\` as it would be by its contents; that PostgreSQL refused one is told by its
dead letter alone.`;

/** `GET /api/v1/orders/{order_uid}/history`. */
export function orderHistoryEndpoints({ trails, operations, maxOrderBytes }: OrderHistoryOptions): Endpoint[] {
  const { messages, topics, ownGroup } = operations;
  const slots = new Slots(MAX_SEARCHES);

  const isCompacted = async (topic: string): Promise<boolean | null> => {
    const found = await within(SETTINGS_MS, topics.find(topic)).catch(() => undefined);
    const policy = found?.settings.find(({ name }) => name === 'cleanup.policy')?.value;
    return typeof policy === 'string' ? policy.includes('compact') : null;
  };

  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders/{order_uid}/history',
        operationId: 'getOrderHistory',
        summary: 'The versions of an order that Kafka still has: when each was sent, and what it changed',
        description,
        tag: 'orders',
        access: 'guarded',
        params: Type.Object({ order_uid: LookupUidSchema }),
        query: Type.Object({
          thorough: Type.Boolean({ default: false, description: 'Search longer, and everywhere' }),
        }),
        responses: { 200: { description: 'What was found', schema: HistorySchema } },
        problems: [DATABASE_UNAVAILABLE, KAFKA_UNAVAILABLE, TOPIC_NOT_FOUND, TOO_MANY_AT_ONCE],
      },
      async ({ params: { order_uid }, query: { thorough } }) => {
        const trail = await trails.find(order_uid);
        const topic = trail?.topic ?? ownGroup.topic;
        const since = trail === undefined ? undefined : Date.parse(trail.createdAt);
        const [searched, compacted] = await slots.hold(() =>
          Promise.all([
            orNotFound(
              messages.ofOrder(topic, { orderUid: order_uid, near: trail, since, thorough, limit: MAX_VERSIONS }),
            ),
            isCompacted(topic),
          ]),
        );
        const json: Static<typeof HistorySchema> = {
          order_uid,
          topic,
          key: searched.key && textOrBase64(searched.key),
          current: trail === undefined ? null : { partition: trail.partition, offset: trail.offset },
          versions: versionsOf(order_uid, searched.found, trail, maxOrderBytes),
          searched: searched.searched.map(({ partition, from, to, log }) => ({
            partition,
            from,
            to,
            log_start: log.start,
            log_end: log.end,
          })),
          partitions: searched.partitions,
          stopped: searched.stopped ?? null,
          compacted,
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),
  ];
}

/** Messages by partition and offset → the versions of the order, oldest first; those of other orders are left out. */
function versionsOf(
  uid: string,
  messages: readonly BrowsedMessage[],
  trail: OrderTrail | undefined,
  maxBytes: number,
): VersionJson[] {
  const versions: VersionJson[] = [];
  let before: Order | undefined;
  for (const { message, at } of inOrder(messages)) {
    const { partition, offset, timestamp, headers, value } = message;
    // By the clock of then: what was dated too far ahead was rejected, even if its date has come.
    const decoded = decodeOrder(value, { maxBytes, now: () => timestamp });
    if (decoded.ok && decoded.order.order_uid !== uid) continue;
    const replays = wholeNumber(header(headers, Buffer.from(DEAD_LETTER_HEADERS.replays))?.toString());
    const place = {
      partition,
      offset,
      timestamp: rfc3339(timestamp),
      produced_at: rfc3339(at),
      current: partition === trail?.partition && offset === trail.offset,
      ...(replays !== undefined && { replays }),
    };
    if (!decoded.ok) {
      versions.push({ ...place, kind: 'rejected', reason: decoded.reason, detail: decoded.detail });
      continue;
    }
    const { order } = decoded;
    const state = orderState(order.items.map(({ status }) => status));
    versions.push({ ...place, state, ...changesOf(before, order) });
    before = order;
  }
  return versions;
}

function changesOf(
  before: Order | undefined,
  order: Order,
): Pick<VersionJson, 'kind' | 'changes' | 'changes_left_out'> {
  if (before === undefined) return { kind: 'first' };
  const all = [...differences(before, order)];
  if (all.length === 0) return { kind: 'same' };
  const changes = all
    .slice(0, MAX_CHANGES)
    .map(({ pointer, from, to }) => ({ pointer, from: from ?? null, to: to ?? null }));
  const more = all.length - changes.length;
  return { kind: 'changed', changes, ...(more > 0 && { changes_left_out: more }) };
}

/** By the time they were produced, but each partition in the order of its log. */
function inOrder(messages: readonly BrowsedMessage[]): { message: BrowsedMessage; at: number }[] {
  const latest = new Map<number, number>();
  return messages
    .map((message) => {
      const { partition, headers, timestamp } = message;
      const at = producedAt({ timestamp, header: (name) => header(headers, name) });
      const turn = Math.max(at, latest.get(partition) ?? 0);
      latest.set(partition, turn);
      return { message, at, turn };
    })
    .sort((a, b) => a.turn - b.turn);
}

function header(headers: BrowsedMessage['headers'], wanted: Buffer): Buffer | null | undefined {
  return headers.find(([name]) => name?.equals(wanted) === true)?.[1];
}
