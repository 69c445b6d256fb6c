import Type from 'typebox';
import { OrderSchema } from '../../../order/order.ts';
import type { FoundOrder } from '../../../storage/order-store.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { noneMatch } from '../../http/entity-tag.ts';
import { badBody, ProblemError } from '../../http/problem.ts';
import type { Reply } from '../../http/reply.ts';
import { LookupRequestSchema, LookupUidSchema } from '../schemas.ts';
import type { OrderLookup } from './dependencies.ts';
import { type OrderReply, orderReply } from './order-reply.ts';

export interface OrderEndpointsOptions {
  readonly lookup: OrderLookup;
}

/** `/api/v1/orders`: find one, by path or by POST. */
export function orderEndpoints(options: OrderEndpointsOptions): Endpoint[] {
  /** At once when the lookup is. */
  const find = <S extends number>(uid: string, tell: Answer<S>): Reply<S> | Promise<Reply<S>> => {
    const found = options.lookup.find(uid);
    if (!(found instanceof Promise)) return tell(uid, found, 0);
    const from = performance.now();
    return found.then((later) => tell(uid, later, performance.now() - from));
  };

  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/orders/{order_uid}',
        operationId: 'getOrder',
        summary: 'Find an order by its order_uid',
        description:
          'An order with the name of another path (`lookup`, `check`, `bulk`) is found by a lookup.',
        tag: 'orders',
        access: 'reading',
        frequent: true,
        params: Type.Object({ order_uid: LookupUidSchema }),
        headers: Type.Object({ 'if-none-match': Type.Optional(Type.String()) }),
        responses: { 200: foundOrder, 304: { description: 'The order is what the tag says' } },
        problems: ['order-not-found', 'database-unavailable'],
      },
      ({ params, headers }) =>
        find<200 | 304>(params.order_uid, (uid, found, ms) => {
          const reply = answer(uid, found, ms);
          if (found === undefined || !noneMatch(headers['if-none-match'], found.etag)) return reply;
          return { status: 304, headers: reply.headers };
        }),
      (uid) => {
        const kept = options.lookup.kept(uid);
        return kept && orderReply(kept, 0);
      },
    ),

    endpoint(
      {
        method: 'post',
        path: '/api/v1/orders/lookup',
        operationId: 'lookUpOrder',
        summary: 'Find an order by its order_uid, whatever characters it has',
        tag: 'orders',
        access: 'reading',
        frequent: true,
        body: jsonBody(LookupRequestSchema),
        responses: { 200: foundOrder },
        problems: ['order-not-found', 'database-unavailable'],
      },
      ({ body }) => {
        // UTF-8 can hold no others, so no stored order has them.
        if (!body.order_uid.isWellFormed()) throw badBody('/order_uid', 'has a surrogate without its pair');
        return find(body.order_uid, answer);
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
    'X-Order-Topic': 'Where the order came from: topic',
    'X-Order-Partition': 'Where the order came from: partition',
    'X-Order-Offset': 'Where the order came from: offset',
    'X-Order-Produced-At': 'When it was sent, RFC 3339',
    'X-Order-Stored-At': 'When it was stored, RFC 3339',
  },
} as const;

type Answer<S extends number> = (uid: string, found: FoundOrder | undefined, ms: number) => Reply<S>;

function answer(uid: string, found: FoundOrder | undefined, ms: number): OrderReply {
  if (found === undefined) throw new ProblemError('order-not-found', undefined, { order_uid: uid });
  return orderReply(found, ms);
}
