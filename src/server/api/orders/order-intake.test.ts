import { expect, test } from 'bun:test';
import { storedOrder } from '../../../../test/helpers/stored-order.ts';
import type { OutgoingMessage } from '../../../kafka/send/message-sender.ts';
import { createOrderIntake } from './order-intake.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('an order becomes a message keyed by its order_uid, its bytes untouched', async () => {
  const sent: [string, readonly OutgoingMessage[]][] = [];
  const sender = {
    send: async (topic: string, messages: readonly OutgoingMessage[]) => {
      sent.push([topic, messages]);
      return [{ partition: 2, offset: 7n }];
    },
  };
  const intake = createOrderIntake(sender, 'orders', () => 1_760_000_000_000);
  const value = Buffer.from('{ "order_uid": "ключ" }');
  expect(await intake.submit(storedOrder('ключ').order, value, TRACE)).toEqual({ partition: 2, offset: 7n });
  expect(sent).toEqual([
    [
      'orders',
      [
        {
          key: Buffer.from('ключ'),
          value,
          headers: { 'content-type': 'application/json', 'produced-at': '1760000000000', traceparent: TRACE },
        },
      ],
    ],
  ]);
});
