import Type, { type Static } from 'typebox';
import type { MessageBrowser } from '../../../kafka/read/message-browser.ts';
import { within } from '../../../lib/deadline.ts';
import { isBelievable, rfc3339 } from '../../../lib/rfc3339.ts';
import type { InspectedCache } from '../../../storage/inspected-cache.ts';
import type { OrderTrail, OrderTrails } from '../../../storage/stored-orders.ts';

import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { ProblemError } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { DATABASE_UNAVAILABLE } from '../problems.ts';
import { LookupUidSchema, OffsetSchema, strict } from '../schemas.ts';
import { ORDER_NOT_FOUND } from './schemas.ts';

export interface OrderJourneyOptions {
  readonly trails: OrderTrails;
  readonly operations: {
    readonly messages: Pick<MessageBrowser, 'find'>;
    readonly cache: Pick<InspectedCache, 'find'> | undefined;
  };
}

/** Longest wait for Kafka and Redis, which only add details, ms. */
const DETAIL_MS = 2_000;

const JourneySchema = Type.Object(
  {
    order_uid: LookupUidSchema,
    topic: Type.String(),
    partition: Type.Integer(),
    offset: OffsetSchema,
    in_log: Type.Boolean({ description: 'The message is still in the topic, and Kafka answered' }),
    steps: Type.Array(
      Type.Object(
        {
          step: Type.Enum(['produced', 'logged', 'storing', 'readable']),
          at: Type.String({ format: 'date-time' }),
          since_previous_ms: Type.Optional(
            Type.Number({ description: 'Since the last step with a believable clock; negative where clocks differ' }),
          ),
          unbelievable: Type.Optional(
            Type.Literal(true, { description: 'Its clock can’t be right: no time is measured to or from it' }),
          ),
        },
        strict,
      ),
    ),
    cached: Type.Object(
      {
        l1: Type.Boolean({ description: 'In the memory of the process that answers' }),
        redis: Type.Boolean(),
        redis_ttl_ms: Type.Optional(Type.Integer({ description: 'Remaining lifetime' })),
      },
      strict,
    ),
  },
  { ...strict, $id: 'OrderJourney' },
);

const description = `produced: by the sender's clock. logged: the message's timestamp in Kafka, missing once it has left the log. storing:
the transaction of its batch began. readable: that transaction was committed, where PostgreSQL has track_commit_timestamp on.`;

/** `GET /api/v1/orders/{order_uid}/journey`. */
export function orderJourneyEndpoints({ trails, operations }: OrderJourneyOptions): Endpoint[] {
  /** The message's timestamp, if the message is still this order's. */
  const loggedAt = async (uid: string, { topic, partition, offset }: OrderTrail) => {
    const message = await within(DETAIL_MS, operations.messages.find(topic, partition, offset)).catch(() => undefined);
    // A topic that was created again has other messages at the same offsets.
    return message?.meaning.kind === 'order' && message.meaning.orderUid === uid
      ? rfc3339(message.timestamp)
      : undefined;
  };
  const cachedIn = async (uid: string) => {
    const looked = operations.cache && within(DETAIL_MS, operations.cache.find(uid)).catch(() => undefined);
    const found = await looked;
    const redis = found?.redis?.kind === 'order' ? found.redis : undefined;
    const ttl = redis?.ttlMs === undefined ? {} : { redis_ttl_ms: Math.round(redis.ttlMs) };
    return { l1: found?.l1 !== undefined, redis: redis !== undefined, ...ttl };
  };

  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders/{order_uid}/journey',
        operationId: 'getOrderJourney',
        summary: 'The way of an order from its sender to its readers, and how long each step took',
        description,
        tag: 'orders',
        access: 'guarded',
        params: Type.Object({ order_uid: LookupUidSchema }),
        responses: { 200: { description: 'The journey', schema: JourneySchema } },
        problems: [ORDER_NOT_FOUND, DATABASE_UNAVAILABLE],
      },
      async ({ params: { order_uid } }) => {
        const trail = await trails.find(order_uid);
        if (trail === undefined) throw new ProblemError(ORDER_NOT_FOUND, undefined, { order_uid });
        const [logged, cached] = await Promise.all([loggedAt(order_uid, trail), cachedIn(order_uid)]);
        const { topic, partition, offset } = trail;
        const json: Static<typeof JourneySchema> = {
          order_uid,
          topic,
          partition,
          offset,
          in_log: logged !== undefined,
          steps: steps(trail, logged),
          cached,
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),
  ];
}

function steps(trail: OrderTrail, logged: string | undefined): Static<typeof JourneySchema>['steps'] {
  const known = [
    { step: 'produced' as const, at: trail.producedAt },
    { step: 'logged' as const, at: logged },
    { step: 'storing' as const, at: trail.beganAt },
    { step: 'readable' as const, at: trail.committedAt },
  ];
  let previous: number | undefined;
  return known.flatMap(({ step, at }): Static<typeof JourneySchema>['steps'] => {
    if (at === undefined) return [];
    const ms = Date.parse(at);
    if (!isBelievable(ms, Date.parse(trail.beganAt))) return [{ step, at, unbelievable: true }];
    const since = previous === undefined ? {} : { since_previous_ms: ms - previous };
    previous = ms;
    return [{ step, at, ...since }];
  });
}
