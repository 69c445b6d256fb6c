import type { MessageSender, OutgoingMessage } from '../../../kafka/send/message-sender.ts';
import { MessagesRejectedError } from '../../../kafka/send/send-job.ts';
import { AppError } from '../../../lib/app-error.ts';
import { traceparentOf } from '../../../lib/traceparent.ts';
import type { OrderIntake, OrderToSend } from './dependencies.ts';

/** An intake that sends each order to `topic`, keyed by its order_uid, as the client wrote it, in the client's trace or a new one. `now` is ms since the Unix epoch. */
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
        // If every order would be refused, these are not at fault.
        if (!(error instanceof MessagesRejectedError) || error.code === 'kafka_refuses') throw error;
        return orders.map((_, at) => error.rejected.get(at) ?? error.positions[at]);
      }
    },
  };
}
