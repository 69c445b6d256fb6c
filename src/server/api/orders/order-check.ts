import { checkOrder } from '../../../order/check.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { NO_STORE } from '../../http/reply.ts';
import { OrderCheckSchema } from '../schemas.ts';

export interface OrderCheckOptions {
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const description = `The very check that the consumer makes of a message, rules beyond types included: sums, dates, characters PostgreSQL can't hold. Nothing is sent. The body
may be any text or bytes: what is no JSON is an answer, too (\`not_json\`).`;

/** `POST /api/v1/orders/check`. */
export function orderCheckEndpoints({ maxOrderBytes, now }: OrderCheckOptions): Endpoint[] {
  return [
    endpoint(
      {
        method: 'post',
        path: '/api/v1/orders/check',
        operationId: 'checkOrder',
        summary: 'Say whether an order would be accepted, and everything that is wrong with it',
        description,
        tag: 'orders',
        access: 'sending',
        body: { kind: 'bytes', contentTypes: ['application/json', 'text/plain'] },
        responses: { 200: { description: 'The verdict', schema: OrderCheckSchema } },
      },
      ({ body }) => ({
        status: 200,
        json: checkOrder(body, { maxBytes: maxOrderBytes, now }),
        headers: NO_STORE,
      }),
    ),
  ];
}
