import Type from 'typebox';
import { textOrBase64 } from '../../../lib/printable.ts';
import type { Order } from '../../../order/order.ts';
import type { CachedKey, InspectedCache } from '../../../storage/inspected-cache.ts';
import type { Invalidation, InvalidationSource } from '../../../storage/invalidation-feed.ts';
import type { OrderDocument } from '../../../storage/stored-orders.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { EVENT_STREAM_HEADERS, type EventStreams } from '../../http/event-stream.ts';
import { badBody, badParameter, ProblemError, TOO_MANY_AT_ONCE } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import type { LookupOutcome } from '../counters.ts';
import { CACHE_UNAVAILABLE } from '../problems.ts';
import { LookupUidSchema } from '../schemas.ts';
import {
  CachedOrderSchema,
  type CacheKeyJson,
  CacheKeyPageSchema,
  CacheSchema,
  EvictedSchema,
  EvictionRequestSchema,
  EvictionSchema,
  FlushedSchema,
  type InvalidationJson,
  InvalidationListSchema,
  UidPartSchema,
} from './schemas.ts';

export interface CacheEndpointsOptions {
  /** Undefined when the configuration turns the cache off. */
  readonly cache: InspectedCache | undefined;
  /** Lookups by the tier that answered. */
  readonly lookups: () => Readonly<Record<LookupOutcome, number>>;
  readonly streams: EventStreams;
}

const COMMON = { tag: 'cache', access: 'guarded', problems: [CACHE_UNAVAILABLE] } as const;
const params = Type.Object({ order_uid: LookupUidSchema });
/** Served by the process that has the consumer, if one has. */
const WATCHED = { ...COMMON, method: 'get', ofFirstProcess: true } as const;
const ofOrder = Type.Object({ order_uid: Type.Optional(LookupUidSchema) });
const OFF = { l1: { enabled: false, orders: 0, bytes: 0 }, redis: { trouble: undefined, nodes: [] } };

/** `/api/v1/cache`: look at the tiers; evict one order, or all. */
export function cacheEndpoints({ cache, lookups, streams }: CacheEndpointsOptions): Endpoint[] {
  const inUse = (): InspectedCache => {
    if (cache === undefined) throw new ProblemError(CACHE_UNAVAILABLE, 'cache.enabled is false.');
    return cache;
  };
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/cache',
        operationId: 'getCache',
        summary: 'The tiers of the cache: what they hold, and how many lookups each has answered',
        responses: { 200: { description: 'The tiers', schema: CacheSchema } },
      },
      async () => {
        const { l1, redis } = (await cache?.overview()) ?? OFF;
        const hits = lookups();
        const json = {
          enabled: cache !== undefined,
          l1: { ...l1, hits: hits.l1 },
          redis: {
            in_use: cache !== undefined && redis.trouble === undefined,
            reason: redis.trouble ?? null,
            errors: { ...cache?.errors },
            hits: hits.redis,
            nodes: redis.nodes.map(({ usedBytes, maxBytes, ...rest }) => ({
              ...rest,
              used_bytes: usedBytes ?? null,
              max_bytes: maxBytes ?? null,
            })),
          },
          postgresql: { hits: hits.postgresql },
          absent: hits.absent,
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'delete',
        path: '/api/v1/cache',
        operationId: 'flushCache',
        summary: 'Evict all cached orders; other keys of the same Redis stay',
        responses: { 200: { description: 'They are evicted', schema: FlushedSchema } },
      },
      async () => ({ status: 200, json: { keys: await inUse().flush() }, headers: NO_STORE }),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/cache/keys',
        operationId: 'listCacheKeys',
        summary: 'Cached orders and leases in Redis',
        description:
          'Redis has no index of its keys: with `contains` it looks at all of them, a bounded number for each page, so a page may have few keys or none and still not be the last. Keys of others are never shown.',
        query: Type.Object({
          contains: Type.Optional(UidPartSchema),
          limit: Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'About how many' }),
          cursor: Type.Optional(Type.String({ description: 'Of the page before' })),
        }),
        responses: {
          200: { description: 'A page; it may be empty without being the last', schema: CacheKeyPageSchema },
        },
      },
      async ({ query }) => {
        const { limit, ...search } = query;
        const page = await inUse().keys(search, limit);
        if (page === undefined) throw badParameter('cursor', BAD_CURSOR);
        const { keys, scanned } = page;
        const json = { keys: keys.map(keyJson), scanned, next_cursor: page.cursor ?? null };
        return { status: 200, json, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/cache/evictions',
        operationId: 'evictOrders',
        summary: 'Evict many orders from all tiers: those named, or those whose order_uid contains a text',
        description:
          'With `contains` each request looks at a bounded number of keys: repeat it with `next_cursor` until that is null. A dry run counts them. Other keys of the same Redis are not touched.',
        body: jsonBody(EvictionRequestSchema),
        responses: { 200: { description: 'They are evicted, or counted', schema: EvictionSchema } },
      },
      async ({ body: { order_uids, contains, cursor, dry_run = false } }) => {
        if (order_uids === undefined) {
          const found = await inUse().evictFound({ contains, cursor }, dry_run);
          if (found === undefined) throw badBody('/cursor', BAD_CURSOR);
          const { cursor: next, ...counts } = found;
          return { status: 200, json: { ...counts, next_cursor: next ?? null }, headers: NO_STORE };
        }
        const uids = [...new Set(order_uids)];
        const delivered = dry_run || (await inUse().evict(...uids));
        const json = { orders: uids.length, delivered, scanned: 0, next_cursor: null };
        return { status: 200, json, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...WATCHED,
        path: '/api/v1/cache/invalidations',
        operationId: 'listCacheInvalidations',
        summary: 'The latest invalidations; those that concern one order, if one is named',
        query: ofOrder,
        responses: { 200: { description: 'The latest ones', schema: InvalidationListSchema } },
      },
      ({ query }) => {
        const found = inUse().invalidations.recent();
        const json = { invalidations: found.filter((one) => concerns(one, query.order_uid)).map(invalidationJson) };
        return { status: 200, json, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...WATCHED,
        path: '/api/v1/cache/invalidations/tail',
        operationId: 'tailCacheInvalidations',
        summary: 'Invalidations as they happen, as server-sent events',
        description:
          'Each `invalidation` event has a CacheInvalidation; the stream begins with the latest ones. If there are more than 200 a second, some are left out, and a `left_out` event says how many.',
        query: ofOrder,
        responses: { 200: { description: 'Events', contentTypes: ['text/event-stream'] } },
        problems: [...COMMON.problems, TOO_MANY_AT_ONCE],
        streams: true,
      },
      ({ query, method }) => {
        const { invalidations } = inUse();
        if (method === 'HEAD') return { status: 200, headers: EVENT_STREAM_HEADERS };
        const body = sendInvalidations(invalidations, streams, query.order_uid);
        return { status: 200, body, headers: EVENT_STREAM_HEADERS };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/cache/orders/{order_uid}',
        operationId: 'getCachedOrder',
        summary: 'What each tier has of an order; looking does not fill the cache',
        params,
        responses: { 200: { description: 'By tier', schema: CachedOrderSchema } },
      },
      async ({ params: { order_uid } }) => {
        const { l1, redis } = await inUse().find(order_uid);
        const json = {
          order_uid,
          l1: l1 === undefined ? null : documentJson(l1),
          redis:
            redis === undefined
              ? null
              : {
                  ...keyJson(redis),
                  value: textOrBase64(redis.value),
                  ...(redis.document === undefined ? { etag: null, order: null } : documentJson(redis.document)),
                },
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'delete',
        path: '/api/v1/cache/orders/{order_uid}',
        operationId: 'evictOrder',
        summary: 'Evict one order from all tiers',
        params,
        responses: {
          200: { description: 'It is evicted, or will be before Redis is used again', schema: EvictedSchema },
        },
      },
      async ({ params: { order_uid } }) => ({
        status: 200,
        json: { order_uid, delivered: await inUse().evict(order_uid) },
        headers: NO_STORE,
      }),
    ),
  ];
}

const BAD_CURSOR = 'is not a cursor of this Redis';

function keyJson({ uid, key, kind, ttlMs, bytes }: CachedKey): CacheKeyJson {
  return { order_uid: uid, key, kind, ttl_ms: ttlMs ?? null, bytes };
}

function documentJson({ etag, body }: OrderDocument): { etag: string; order: Order } {
  const order: Order = JSON.parse(new TextDecoder().decode(body));
  return { etag, order };
}

/** Most invalidations a second sent to one reader. */
const MAX_PER_SECOND = 200;
const COUNT_EVERY_MS = 500;

/**
 * The body of an event stream with the latest invalidations and those that follow; with `uid`, only those that concern
 * that order. When there are too many, some are sent and the others counted. @throws ProblemError when there are too
 * many streams
 */
function sendInvalidations(
  source: InvalidationSource,
  streams: EventStreams,
  uid: string | undefined,
): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setInterval> | undefined;
  let stop = (): void => {};
  const stream = streams.open({
    overflow: 'leave_out',
    maxPerSecond: MAX_PER_SECOND,
    onEnd: () => {
      clearInterval(timer);
      stop();
    },
  });
  const send = (one: Invalidation): void => {
    stream.send({ event: 'invalidation', id: String(one.number), data: invalidationJson(one) });
  };
  for (const one of source.recent()) if (concerns(one, uid)) send(one);
  stop = source.listen((one) => {
    if (concerns(one, uid) && stream.admits()) send(one);
  });
  timer = setInterval(() => stream.sendLeftOut(), COUNT_EVERY_MS);
  return stream.body;
}

/** Whether an invalidation concerns the order; always true when no order is given. */
function concerns(invalidation: Invalidation, uid: string | undefined): boolean {
  return uid === undefined || invalidation.uid === undefined || invalidation.uid === uid;
}

function invalidationJson({ number, at, reason, uid, dropped }: Invalidation): InvalidationJson {
  return { number, at: new Date(at).toISOString(), reason, order_uid: uid ?? null, dropped };
}
