import Type from 'typebox';
import { noneMatch } from '../../../lib/entity-tag.ts';
import { OrderSchema } from '../../../order/order.ts';
import type { OrderReader } from '../../../storage/order-reader.ts';
import type { FoundOrder } from '../../../storage/stored-orders.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { badBody, ProblemError } from '../../http/problem.ts';
import { type PlainReply, type Reply, readyHeaders } from '../../http/reply.ts';
import { DATABASE_UNAVAILABLE } from '../problems.ts';
import { LookupUidSchema } from '../schemas.ts';
import { LookupRequestSchema, ORDER_NOT_FOUND } from './schemas.ts';

/** Finds orders: `kept` only in the memory of this process, `find` everywhere. */
export type OrderLookup = Pick<OrderReader, 'kept' | 'find'>;

const MOST_UID_CHARACTERS = 128;

/** `/api/v1/orders`: find one, by path or by POST. */
export function orderEndpoints({ lookup }: { readonly lookup: OrderLookup }): Endpoint[] {
  /** At once when the lookup is. */
  const find = (uid: string): OrderReply | Promise<OrderReply> => {
    const found = lookup.find(uid);
    if (!(found instanceof Promise)) return orderReply(uid, found, 0);
    const from = performance.now();
    return found.then((later) => orderReply(uid, later, performance.now() - from));
  };
  const unlessNamed = (reply: OrderReply, tags: string | undefined) =>
    noneMatch(tags, reply.etag) ? ({ status: 304, headers: reply.headers } as const) : reply;

  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders/{order_uid}',
        operationId: 'getOrder',
        summary: 'Find an order by its order_uid',
        description: 'If an order_uid is the name of another path (`lookup`, `check`, `bulk`, `states`), use a lookup.',
        tag: 'orders',
        access: 'reading',
        params: Type.Object({ order_uid: LookupUidSchema }),
        headers: Type.Object({ 'if-none-match': Type.Optional(Type.String()) }),
        responses: { 200: foundOrder, 304: { description: 'The order has the tag in If-None-Match' } },
        problems: [ORDER_NOT_FOUND, DATABASE_UNAVAILABLE],
      },
      ({ params, headers }) => {
        const found = find(params.order_uid);
        const tags = headers['if-none-match'];
        return found instanceof Promise ? found.then((reply) => unlessNamed(reply, tags)) : unlessNamed(found, tags);
      },
      (uid, full) => {
        if (uid === '' || uid.length > MOST_UID_CHARACTERS) return undefined;
        if (!full) return find(uid);
        const kept = lookup.kept(uid);
        return kept && orderReply(uid, kept, 0);
      },
    ),

    endpoint(
      {
        method: 'post',
        path: '/api/v1/orders/lookup',
        operationId: 'lookUpOrder',
        summary: 'Find an order by its order_uid, which may contain any characters',
        tag: 'orders',
        access: 'reading',
        body: jsonBody(LookupRequestSchema),
        responses: { 200: foundOrder },
        problems: [ORDER_NOT_FOUND, DATABASE_UNAVAILABLE],
      },
      ({ body }) => {
        // UTF-8 can't hold a lone surrogate, so no stored order has one.
        if (!body.order_uid.isWellFormed()) throw badBody('/order_uid', 'has a lone surrogate');
        return find(body.order_uid);
      },
    ),
  ];
}

const foundOrder = {
  description: 'The order, as it was sent',
  schema: OrderSchema,
  headers: {
    ETag: 'Strong tag over the body',
    'X-Cache': {
      description: 'Who answered: the server’s own memory, or an engine',
      schema: Type.Enum(['l1', 'redis', 'postgresql']),
    },
    'Server-Timing': 'How long it took',
    'X-Order-Topic': 'Topic the order came from',
    'X-Order-Partition': 'Partition the order came from',
    'X-Order-Offset': 'Offset the order came from',
    'X-Order-Produced-At': 'When it was sent, RFC 3339',
    'X-Order-Stored-At': 'When it was stored, RFC 3339',
  },
} as const;

interface OrderReply extends PlainReply<200> {
  readonly body: FoundOrder['body'];
  readonly headers: NonNullable<Reply['headers']>;
  readonly etag: string;
}

/**
 * The reply that gives an order: the body is the order alone; headers say its tag, who answered, how long that took
 * (`ms`), and where the order came from. @throws ProblemError when there is no order
 */
function orderReply(uid: string, found: FoundOrder | undefined, ms: number): OrderReply {
  if (found === undefined) throw new ProblemError(ORDER_NOT_FOUND, undefined, { order_uid: uid });
  const { body, etag, tier } = found;
  if (tier !== 'l1') return { status: 200, body, etag, headers: orderHeaders(found, ms) };
  // Orders in memory are looked up many times, so the headers are made once and kept with them: a table beside would
  // cost a search.
  found.headers ??= readyHeaders(orderHeaders(found, 0));
  return { status: 200, body, etag, headers: found.headers };
}

function orderHeaders({ etag, tier, origin }: FoundOrder, ms: number): Record<string, string> {
  return {
    'content-type': 'application/json',
    etag,
    'cache-control': 'no-cache',
    'x-cache': tier,
    'server-timing': `lookup;desc="${tier}";dur=${ms.toFixed(2)}`,
    'x-order-topic': origin.topic,
    'x-order-partition': String(origin.partition),
    'x-order-offset': origin.offset.toString(),
    'x-order-produced-at': new Date(origin.producedAt).toISOString(),
    'x-order-stored-at': new Date(origin.storedAt).toISOString(),
  };
}
