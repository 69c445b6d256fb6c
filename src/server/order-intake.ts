import type { MessageSender } from '../kafka/message-sender.ts';
import { AppError } from '../lib/app-error.ts';
import { traceparentOf } from '../lib/traceparent.ts';
import type { OrderIntake } from './dependencies.ts';

/** An intake that sends each order to `topic`, keyed by its order_uid, as the client wrote it, in the client's trace or a new one. `now` is ms since the Unix epoch. */
export function createOrderIntake(
  sender: Pick<MessageSender, 'send'>,
  topic: string,
  now: () => number = Date.now,
): OrderIntake {
  return {
    async submit(order, value, traceparent) {
      const headers = {
        'content-type': 'application/json',
        'produced-at': String(now()),
        traceparent: traceparentOf(traceparent),
      };
      const [position] = await sender.send(topic, [{ key: Buffer.from(order.order_uid), value, headers }]);
      if (position === undefined) throw new AppError('internal', 'a message was sent to no position');
      return position;
    },
  };
}
