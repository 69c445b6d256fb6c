import Type from 'typebox';
import { AppError } from '../../../lib/app-error.ts';
import { checkOrder, orderViolations } from '../../../order/check.ts';
import { decodeOrder } from '../../../order/decode.ts';
import { OrderSchema } from '../../../order/order.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { BAD_JSON, ProblemError, violated } from '../../http/problem.ts';
import { basePathOf } from '../../http/proxy.ts';
import { NO_STORE, type ReplyTo } from '../../http/reply.ts';
import { KAFKA_REFUSES, KAFKA_REJECTED, ORDER_UNCONFIRMED } from '../problems.ts';
import { OrderCheckSchema } from '../schemas.ts';
import type { PolledArrivals, SentOrder } from './order-arrivals.ts';
import type { OrderIntake } from './order-intake.ts';
import { AcceptedSchema, ORDER_REJECTED } from './schemas.ts';

export interface OrderSendingOptions {
  readonly intake: Pick<OrderIntake, 'submit'>;
  readonly arrivals: Pick<PolledArrivals, 'maxWaitMs' | 'full' | 'wait'>;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const sending = `202: Kafka has the order, acknowledged by all replicas; it is readable once the consumer has stored it. With
\`Prefer: wait=N\` (RFC 7240) the answer waits up to N seconds for that: 201 means that a lookup finds this order, 422 that the
database refused it, and 202 that it was not seen to be stored in time, with \`Preference-Applied\` if the server waited. Sending the same order again is safe.`;
const checking = `The check that the consumer makes of a message, including rules beyond types: sums, dates, characters PostgreSQL can't hold. Nothing is sent. The body
may be any text or bytes: the answer for what is not JSON is \`not_json\`.`;
const LOCATION = { Location: 'Where the order is, or will be' } as const;
const RESPONSES = {
  201: {
    description: 'The order is stored and readable',
    schema: AcceptedSchema,
    headers: { ...LOCATION, 'Preference-Applied': 'wait=N: how many seconds the answer would have waited at most' },
  },
  202: { description: 'Kafka has the order', schema: AcceptedSchema, headers: LOCATION },
} as const;

/** `POST /api/v1/orders`, and `…/check`, which sends nothing. */
export function orderSendingEndpoints({ intake, arrivals, maxOrderBytes, now }: OrderSendingOptions): Endpoint[] {
  /** Waits as long as the client prefers and the time of a request allows. */
  const settled = async (
    sent: SentOrder,
    seconds: number | undefined,
    raw: Request,
  ): Promise<ReplyTo<typeof RESPONSES>> => {
    const { order, partition, offset, since } = sent;
    const { order_uid } = order;
    const answer = { order_uid, partition, offset: Number(offset) };
    const headers = { ...NO_STORE, location: `${basePathOf(raw)}/api/v1/orders/${encodeURIComponent(order_uid)}` };
    if (seconds === undefined || arrivals.full)
      return { status: 202, json: { ...answer, status: 'accepted' }, headers };
    const most = Math.min(seconds, Math.floor(arrivals.maxWaitMs / 1000));
    const left = Math.min(seconds * 1000, arrivals.maxWaitMs - (performance.now() - since));
    const arrival = await arrivals.wait(sent, left, raw.signal);
    const applied = { ...headers, 'preference-applied': `wait=${most}` };
    if (arrival === undefined) return { status: 202, json: { ...answer, status: 'accepted' }, headers: applied };
    if (arrival === 'rejected') {
      const message = 'PostgreSQL refused this order; it is among the dead letters';
      throw violated(ORDER_REJECTED, [{ in: 'body', pointer: '', message }], { reason: 'database_rejected' });
    }
    return { status: 201, json: { ...answer, status: arrival }, headers: applied };
  };

  return [
    endpoint(
      {
        method: 'post',
        path: '/api/v1/orders',
        operationId: 'sendOrder',
        summary: 'Send an order to Kafka, and optionally wait until it is stored',
        description: sending,
        tag: 'orders',
        access: 'sending',
        headers: Type.Object({
          traceparent: Type.Optional(
            Type.String({
              description: 'W3C Trace Context: the message belongs to the same trace; without one, to a new one',
            }),
          ),
          prefer: Type.Optional(
            Type.String({ description: 'wait=N: wait up to N seconds for the order to be readable' }),
          ),
        }),
        body: { kind: 'bytes', contentTypes: ['application/json'], schema: OrderSchema },
        responses: RESPONSES,
        problems: [BAD_JSON, ORDER_REJECTED, ORDER_UNCONFIRMED, KAFKA_REJECTED, KAFKA_REFUSES],
      },
      async ({ body, headers, raw }) => {
        const began = performance.now();
        const decoded = decodeOrder(body, { maxBytes: maxOrderBytes, now });
        if (!decoded.ok) {
          const { reason } = decoded;
          if (reason === 'not_json' || reason === 'invalid_utf8') throw new ProblemError(BAD_JSON);
          const violations = orderViolations(body, decoded, now());
          throw violated(
            ORDER_REJECTED,
            violations.map((one) => ({ in: 'body', ...one })),
            { reason },
          );
        }
        const position = await intake.submit(decoded.order, body, headers.traceparent).catch((error: unknown) => {
          const isUnconfirmed = error instanceof AppError && error.code === 'kafka_unavailable';
          throw isUnconfirmed ? new ProblemError(ORDER_UNCONFIRMED) : error;
        });
        return await settled({ order: decoded.order, ...position, since: began }, preferredWait(headers.prefer), raw);
      },
    ),

    endpoint(
      {
        method: 'post',
        path: '/api/v1/orders/check',
        operationId: 'checkOrder',
        summary: 'Check whether an order would be accepted, and list everything that is wrong with it',
        description: checking,
        tag: 'orders',
        access: 'sending',
        body: { kind: 'bytes', contentTypes: ['application/json', 'text/plain'] },
        responses: { 200: { description: 'The verdict', schema: OrderCheckSchema } },
      },
      ({ body }) => ({ status: 200, json: checkOrder(body, { maxBytes: maxOrderBytes, now }), headers: NO_STORE }),
    ),
  ];
}

/**
 * Seconds of the `wait` preference (RFC 7240 section 4.3), or undefined when the header has none. Of several the first
 * one counts; what is not understood is ignored, as the RFC demands.
 */
export function preferredWait(header: string | undefined): number | undefined {
  for (const preference of header?.split(',') ?? []) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference)?.[1];
    if (seconds !== undefined) return Number(seconds);
  }
  return undefined;
}
