import Type, { type Static } from 'typebox';
import { OrderSchema } from '../../../order/order.ts';
import { INVALIDATION_REASONS } from '../../../storage/invalidation-feed.ts';
import {
  BytesSchema,
  CacheTroubleSchema,
  InstantSchema,
  LookupUidSchema,
  NextCursorSchema,
  natural,
  orNull,
  strict,
} from '../schemas.ts';

const key = {
  order_uid: Type.String(),
  key: Type.String({ description: 'Its exact name in Redis' }),
  kind: Type.Enum(['order', 'lease'], { description: 'lease: the order is being read from PostgreSQL' }),
  ttl_ms: orNull(natural(), 'Remaining lifetime; null: unlimited'),
  bytes: natural(),
};

const hits = { hits: natural('Lookups it answered since the process started') };

/** The tiers of the cache. */
export const CacheSchema = Type.Object(
  {
    enabled: Type.Boolean({ description: 'False when the configuration turns the cache off' }),
    l1: Type.Object(
      { enabled: Type.Boolean(), orders: natural(), bytes: natural(), ...hits },
      { ...strict, description: 'In the memory of this process' },
    ),
    redis: Type.Object(
      {
        in_use: Type.Boolean({ description: 'False while it is not used, or accepts no orders' }),
        reason: orNull(CacheTroubleSchema, 'Why it is not in use; null when it is, or when there is no cache'),
        errors: Type.Record(Type.String(), natural(), {
          description: 'Refusals and failures since the process started, by the same reasons',
        }),
        ...hits,
        nodes: Type.Array(
          Type.Object(
            {
              address: Type.String(),
              tracked: Type.Boolean({ description: 'It reports changed keys' }),
              keys: natural('In its whole database'),
              used_bytes: orNull(natural()),
              max_bytes: orNull(natural(), '0: no limit'),
            },
            strict,
          ),
        ),
      },
      strict,
    ),
    postgresql: Type.Object(hits, strict),
    absent: natural('Lookups of orders that do not exist'),
  },
  { ...strict, $id: 'Cache' },
);

const CacheKeySchema = Type.Object(key, { ...strict, $id: 'CacheKey' });

export type CacheKeyJson = Static<typeof CacheKeySchema>;

export const CacheKeyPageSchema = Type.Object(
  {
    keys: Type.Array(CacheKeySchema, { description: 'In no particular order' }),
    scanned: natural('About how many keys of Redis were looked at, including those of others'),
    next_cursor: NextCursorSchema,
  },
  { ...strict, $id: 'CacheKeyPage' },
);

const document = { etag: Type.String(), order: OrderSchema };

/** What each tier has of an order. */
export const CachedOrderSchema = Type.Object(
  {
    order_uid: Type.String(),
    l1: orNull(Type.Object(document, strict)),
    redis: orNull(
      Type.Object(
        {
          ...key,
          value: { ...BytesSchema, description: 'As it is stored: text, or base64 when it is not UTF-8' },
          etag: orNull(Type.String()),
          order: orNull(OrderSchema),
        },
        { ...strict, description: '`order` is null for a lease' },
      ),
    ),
  },
  { ...strict, $id: 'CachedOrder' },
);

export const EvictedSchema = Type.Object(
  {
    order_uid: Type.String(),
    delivered: Type.Boolean({ description: 'False: Redis does not answer; it is told before it is used again' }),
  },
  { ...strict, $id: 'EvictedOrder' },
);

/** Part of an order_uid. */
export const UidPartSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\u0000]+$',
  description: 'Only orders whose order_uid contains this text',
});

/** Which orders to evict: exactly one of `order_uids` and `contains`. */
export const EvictionRequestSchema = Type.Object(
  {
    order_uids: Type.Optional(Type.Array(LookupUidSchema, { minItems: 1, maxItems: 500 })),
    contains: Type.Optional(UidPartSchema),
    dry_run: Type.Optional(Type.Boolean({ default: false, description: 'Only count them' })),
    cursor: Type.Optional(Type.String({ description: '`next_cursor` of the answer before; with `contains` only' })),
  },
  { ...strict, $id: 'CacheEvictionRequest', oneOf: [{ required: ['order_uids'] }, { required: ['contains'] }] },
);

export const EvictionSchema = Type.Object(
  {
    orders: natural('How many were evicted, or would be; with `contains`, leases are among them'),
    delivered: Type.Boolean({ description: 'False: Redis does not answer; it is told before it is used again' }),
    scanned: natural('About how many keys of Redis were looked at'),
    next_cursor: orNull(Type.String(), 'There is more to look at: send it as `cursor`; null at the end'),
  },
  { ...strict, $id: 'CacheEviction' },
);

export const FlushedSchema = Type.Object(
  { keys: natural('Orders and leases that were in Redis') },
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
    order_uid: orNull(Type.String(), 'Null: all orders'),
    dropped: natural('Orders that were dropped from the memory of this process'),
  },
  { ...strict, $id: 'CacheInvalidation' },
);

export type InvalidationJson = Static<typeof InvalidationSchema>;

export const InvalidationListSchema = Type.Object(
  { invalidations: Type.Array(InvalidationSchema, { description: 'The last 100 at most, oldest first' }) },
  { ...strict, $id: 'CacheInvalidationList' },
);
