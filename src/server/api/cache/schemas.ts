import Type, { type Static } from 'typebox';
import { OrderSchema } from '../../../order/order.ts';
import { INVALIDATION_REASONS } from '../../../storage/invalidation-feed.ts';
import { CacheTroubleSchema, InstantSchema, NextCursorSchema } from '../schemas.ts';

const strict = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });

const key = {
  order_uid: Type.String(),
  kind: Type.Enum(['order', 'lease'], { description: 'lease: it is being read from PostgreSQL right now' }),
  ttl_ms: Type.Union([count, Type.Null()], { description: 'Life left; null: without end' }),
  bytes: count,
};

const hits = {
  hits: Type.Integer({ minimum: 0, description: 'Lookups it answered since the process started' }),
};

/** The tiers of the cache. */
export const CacheSchema = Type.Object(
  {
    enabled: Type.Boolean({ description: 'False when the configuration says to do without' }),
    l1: Type.Object(
      { enabled: Type.Boolean(), orders: count, bytes: count, ...hits },
      { ...strict, description: 'In this process itself' },
    ),
    redis: Type.Object(
      {
        in_use: Type.Boolean({ description: 'False while it is not used, or takes no orders' }),
        reason: Type.Union([CacheTroubleSchema, Type.Null()], {
          description: 'Why it is not; null when it is, or when there is no cache',
        }),
        errors: Type.Record(Type.String(), count, {
          description: 'What it refused or failed to do since the process started, by the same reasons',
        }),
        ...hits,
        nodes: Type.Array(
          Type.Object(
            {
              address: Type.String(),
              tracked: Type.Boolean({ description: 'It tells of changed keys' }),
              keys: Type.Integer({ minimum: 0, description: 'Of its whole database' }),
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
    absent: Type.Integer({ minimum: 0, description: 'Lookups of orders that there are not' }),
  },
  { ...strict, $id: 'Cache' },
);

const CacheKeySchema = Type.Object(key, { ...strict, $id: 'CacheKey' });

export type CacheKeyJson = Static<typeof CacheKeySchema>;

export const CacheKeyPageSchema = Type.Object(
  {
    keys: Type.Array(CacheKeySchema, { description: 'In no order' }),
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
      description: 'False: Redis does not answer; it is not used before it was told',
    }),
  },
  { ...strict, $id: 'EvictedOrder' },
);

export const FlushedSchema = Type.Object(
  { keys: Type.Integer({ minimum: 0, description: 'Orders and leases there were in Redis' }) },
  { ...strict, $id: 'FlushedCache' },
);

const InvalidationSchema = Type.Object(
  {
    number: Type.Integer({ minimum: 1, description: 'Counts up since the process started' }),
    at: InstantSchema,
    reason: Type.Enum(INVALIDATION_REASONS, {
      description:
        'changed: the consumer here has stored a change; left_over: a consumer elsewhere has, and could not tell the cache itself; awaited: a request that waited for the order has seen it stored; evicted, flushed: somebody asked for it; redis: Redis said that the key has changed or ended its life; redis_flushed: its database was emptied; connection_lost: without Redis nobody tells of changes',
    }),
    order_uid: Type.Union([Type.String(), Type.Null()], { description: 'Null: of any order' }),
    dropped: Type.Integer({ minimum: 0, description: 'Orders this process itself kept and forgot with it' }),
  },
  { ...strict, $id: 'CacheInvalidation' },
);

export type InvalidationJson = Static<typeof InvalidationSchema>;

export const InvalidationListSchema = Type.Object(
  { invalidations: Type.Array(InvalidationSchema, { description: 'The last 100 at most, oldest first' }) },
  { ...strict, $id: 'CacheInvalidationList' },
);
