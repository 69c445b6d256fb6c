import Type, { type Static } from 'typebox';
import { OrderSchema } from '../../../order/order.ts';
import { INVALIDATION_REASONS } from '../../../storage/invalidation-feed.ts';
import { CacheTroubleSchema, InstantSchema, NextCursorSchema } from '../schemas.ts';

const strict = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });

const key = {
  order_uid: Type.String(),
  kind: Type.Enum(['order', 'lease'], { description: 'lease: the order is being read from PostgreSQL' }),
  ttl_ms: Type.Union([count, Type.Null()], { description: 'Remaining lifetime; null: unlimited' }),
  bytes: count,
};

const hits = {
  hits: Type.Integer({ minimum: 0, description: 'Lookups it answered since the process started' }),
};

/** The tiers of the cache. */
export const CacheSchema = Type.Object(
  {
    enabled: Type.Boolean({ description: 'False when the configuration turns the cache off' }),
    l1: Type.Object(
      { enabled: Type.Boolean(), orders: count, bytes: count, ...hits },
      { ...strict, description: 'In the memory of this process' },
    ),
    redis: Type.Object(
      {
        in_use: Type.Boolean({ description: 'False while it is not used, or accepts no orders' }),
        reason: Type.Union([CacheTroubleSchema, Type.Null()], {
          description: 'Why it is not in use; null when it is, or when there is no cache',
        }),
        errors: Type.Record(Type.String(), count, {
          description: 'Refusals and failures since the process started, by the same reasons',
        }),
        ...hits,
        nodes: Type.Array(
          Type.Object(
            {
              address: Type.String(),
              tracked: Type.Boolean({ description: 'It reports changed keys' }),
              keys: Type.Integer({ minimum: 0, description: 'In its whole database' }),
              used_bytes: Type.Union([count, Type.Null()]),
              max_bytes: Type.Union([count, Type.Null()], { description: '0: no limit' }),
            },
            strict,
          ),
        ),
      },
      strict,
    ),
    postgresql: Type.Object(hits, strict),
    absent: Type.Integer({ minimum: 0, description: 'Lookups of orders that do not exist' }),
  },
  { ...strict, $id: 'Cache' },
);

const CacheKeySchema = Type.Object(key, { ...strict, $id: 'CacheKey' });

export type CacheKeyJson = Static<typeof CacheKeySchema>;

export const CacheKeyPageSchema = Type.Object(
  {
    keys: Type.Array(CacheKeySchema, { description: 'In no particular order' }),
    next_cursor: NextCursorSchema,
  },
  { ...strict, $id: 'CacheKeyPage' },
);

const document = {
  etag: Type.String(),
  order: OrderSchema,
};

/** What each tier has of an order. */
export const CachedOrderSchema = Type.Object(
  {
    order_uid: Type.String(),
    l1: Type.Union([Type.Object(document, strict), Type.Null()]),
    redis: Type.Union([
      Type.Object(
        {
          ...key,
          etag: Type.Union([Type.String(), Type.Null()]),
          order: Type.Union([OrderSchema, Type.Null()]),
        },
        { ...strict, description: '`order` is null for a lease' },
      ),
      Type.Null(),
    ]),
  },
  { ...strict, $id: 'CachedOrder' },
);

export const EvictedSchema = Type.Object(
  {
    order_uid: Type.String(),
    delivered: Type.Boolean({
      description: 'False: Redis does not answer; it is told before it is used again',
    }),
  },
  { ...strict, $id: 'EvictedOrder' },
);

export const FlushedSchema = Type.Object(
  { keys: Type.Integer({ minimum: 0, description: 'Orders and leases that were in Redis' }) },
  { ...strict, $id: 'FlushedCache' },
);

const InvalidationSchema = Type.Object(
  {
    number: Type.Integer({ minimum: 1, description: 'Counts up since the process started' }),
    at: InstantSchema,
    reason: Type.Enum(INVALIDATION_REASONS, {
      description:
        'changed: the consumer of this process has stored a change; left_over: another consumer has, but could not tell the cache; awaited: a request that waited for the order has seen it stored; evicted, flushed: by request; redis: Redis reported that the key was changed or has expired; redis_flushed: its database was emptied; connection_lost: without Redis changes are not reported',
    }),
    order_uid: Type.Union([Type.String(), Type.Null()], { description: 'Null: all orders' }),
    dropped: Type.Integer({
      minimum: 0,
      description: 'Orders that were dropped from the memory of this process',
    }),
  },
  { ...strict, $id: 'CacheInvalidation' },
);

export type InvalidationJson = Static<typeof InvalidationSchema>;

export const InvalidationListSchema = Type.Object(
  { invalidations: Type.Array(InvalidationSchema, { description: 'The last 100 at most, oldest first' }) },
  { ...strict, $id: 'CacheInvalidationList' },
);
