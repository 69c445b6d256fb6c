import Type from 'typebox';
import { decodeOrder } from '../../../order/decode.ts';
import { OrderSchema } from '../../../order/order.ts';
import { orderViolations } from '../../../order/violations.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { preferredWait } from '../../http/prefer.ts';
import { ProblemError, violated } from '../../http/problem.ts';
import { basePathOf } from '../../http/proxy.ts';
import { NO_STORE, type Reply } from '../../http/reply.ts';
import { AcceptedSchema } from '../schemas.ts';
import type { OrderArrivals, OrderIntake, SentOrder } from './dependencies.ts';

export interface OrderSendingOptions {
  readonly intake: OrderIntake;
  readonly arrivals: OrderArrivals;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const description = `202: Kafka has the order, acknowledged by all replicas; it is readable once the consumer has stored it. With
\`Prefer: wait=N\` (RFC 7240) the answer waits up to N seconds for that: 201 means that a lookup gives this order, and 422 that the
database refused it; 202 that it was not seen to be stored in time, with \`Preference-Applied\` if it was waited for. Sending the same order again is safe.`;

/** `POST /api/v1/orders`. */
export function orderSendingEndpoints({
  intake,
  arrivals,
  maxOrderBytes,
  now,
}: OrderSendingOptions): Endpoint[] {
  /** As long as the client prefers, and the time a request may take allows. */
  const settled = async (
    sent: SentOrder,
    seconds: number | undefined,
    raw: Request,
  ): Promise<Reply<201 | 202>> => {
    const { order, partition, offset, since } = sent;
    const { order_uid } = order;
    const answer = { order_uid, partition, offset: Number(offset) };
    const headers = {
      ...NO_STORE,
      location: `${basePathOf(raw)}/api/v1/orders/${encodeURIComponent(order_uid)}`,
    };
    if (seconds === undefined || arrivals.full)
      return { status: 202, json: { ...answer, status: 'accepted' }, headers };
    const most = Math.min(seconds, Math.floor(arrivals.maxWaitMs / 1000));
    const left = Math.min(seconds * 1000, arrivals.maxWaitMs - (performance.now() - since));
    const arrival = await arrivals.wait(sent, left, raw.signal);
    const applied = { ...headers, 'preference-applied': `wait=${most}` };
    if (arrival === undefined)
      return { status: 202, json: { ...answer, status: 'accepted' }, headers: applied };
    if (arrival === 'rejected') {
      const message = 'PostgreSQL does not take this order; it is among the dead letters';
      throw violated('order-rejected', [{ in: 'body', pointer: '', message }], {
        reason: 'database_rejected',
      });
    }
    return { status: 201, json: { ...answer, status: arrival }, headers: applied };
  };

  return [
    endpoint(
      {
        method: 'post',
        path: '/api/v1/orders',
        operationId: 'sendOrder',
        summary: 'Send an order to Kafka, and wait until it is stored if wanted',
        description,
        tag: 'orders',
        access: 'sending',
        headers: Type.Object({
          traceparent: Type.Optional(
            Type.String({
              description: 'W3C Trace Context: the message gets it, too; without one, a new trace',
            }),
          ),
          prefer: Type.Optional(
            Type.String({ description: 'wait=N: wait up to N seconds for the order to be readable' }),
          ),
        }),
        body: { kind: 'bytes', contentTypes: ['application/json'], schema: OrderSchema },
        responses: {
          201: {
            description: 'The order is stored and readable',
            schema: AcceptedSchema,
            headers: WAITED,
          },
          202: { description: 'Kafka has the order', schema: AcceptedSchema, headers: LOCATION },
        },
        problems: ['bad-json', 'order-rejected', 'kafka-unavailable', 'kafka-rejected', 'kafka-refuses'],
      },
      async ({ body, headers, raw }) => {
        const began = performance.now();
        const decoded = decodeOrder(body, { maxBytes: maxOrderBytes, now });
        if (!decoded.ok) {
          const { reason } = decoded;
          if (reason === 'not_json' || reason === 'invalid_utf8') throw new ProblemError('bad-json');
          const violations = orderViolations(body, decoded, now());
          throw violated(
            'order-rejected',
            violations.map((one) => ({ in: 'body', ...one })),
            { reason },
          );
        }
        const position = await intake.submit(decoded.order, body, headers.traceparent);
        return await settled(
          { order: decoded.order, ...position, since: began },
          preferredWait(headers.prefer),
          raw,
        );
      },
    ),
  ];
}

const LOCATION = { Location: 'Where the order is, or will be' } as const;
const WAITED = {
  ...LOCATION,
  'Preference-Applied': 'wait=N: how many seconds the answer would have waited at most',
} as const;
