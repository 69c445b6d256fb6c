import {
  type MessageSender,
  MessagesRejectedError,
  type OutgoingMessage,
  type SentPosition,
} from '../../../kafka/send/message-sender.ts';
import type { SendRefusal } from '../../../kafka/send/produce-api.ts';
import { AppError } from '../../../lib/app-error.ts';
import type { Order } from '../../../order/order.ts';
import { traceparentOf } from './traceparent.ts';

interface OrderToSend {
  readonly order: Order;
  /** Its JSON as the client sent it. */
  readonly value: Buffer;
}

/**
 * Sends valid orders; resolves once Kafka has acknowledged them. @throws AppError `kafka_unavailable` (retryable),
 * `kafka_refuses` when Kafka accepts no orders from this service, `kafka_rejected` when it rejects this one
 */
export interface OrderIntake {
  /** `value` is the order's JSON as the client sent it, `traceparent` the client's trace. */
  submit(order: Order, value: Buffer, traceparent?: string): Promise<SentPosition>;
  /** By index; the reason for an order that Kafka rejects for good, such as one that is too long for its topic. */
  submitMany(orders: readonly OrderToSend[]): Promise<readonly (SentPosition | SendRefusal | undefined)[]>;
}

/**
 * Sends each order to `topic` as the client wrote it, keyed by its order_uid, in the client's trace or a new one. `now`
 * is ms since the Unix epoch.
 */
export function createOrderIntake(
  sender: Pick<MessageSender, 'send'>,
  topic: string,
  now: () => number = Date.now,
): OrderIntake {
  const toMessage = ({ order, value }: OrderToSend, traceparent?: string): OutgoingMessage => {
    const headers = {
      'content-type': 'application/json',
      'produced-at': String(now()),
      traceparent: traceparentOf(traceparent),
    };
    return { key: Buffer.from(order.order_uid), value, headers };
  };
  return {
    async submit(order, value, traceparent) {
      const [position] = await sender.send(topic, [toMessage({ order, value }, traceparent)]);
      if (position === undefined) throw new AppError('internal', 'a message was sent to no position');
      return position;
    },
    async submitMany(orders) {
      try {
        return await sender.send(
          topic,
          orders.map((one) => toMessage(one)),
        );
      } catch (error) {
        // When Kafka refuses every order, these are not at fault.
        if (!(error instanceof MessagesRejectedError) || error.code === 'kafka_refuses') throw error;
        return orders.map((_, at) => error.rejected.get(at) ?? error.positions[at]);
      }
    },
  };
}
