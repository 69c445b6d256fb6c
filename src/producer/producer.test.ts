import { describe, expect, test } from 'bun:test';
import {
  type MessageSender,
  MessagesRejectedError,
  type OutgoingMessage,
  type SentPosition,
} from '../kafka/send/message-sender.ts';
import { AppError } from '../lib/app-error.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { LifePlan, STANDARD_LIVES } from './life-table.ts';
import type { MessageSource } from './message-source.ts';
import { OrderProducer, type OrderProducerOptions } from './producer.ts';
import { createSource } from './source.ts';

/** Keeps what it is sent; `fail` may throw for a call, by its number from 0. */
class FakeSender implements MessageSender {
  readonly sent: OutgoingMessage[] = [];
  readonly batches: number[] = [];
  calls = 0;
  atOnce = 0;
  mostAtOnce = 0;
  readonly #fail: (call: number, messages: readonly OutgoingMessage[]) => void;

  constructor(fail: (call: number, messages: readonly OutgoingMessage[]) => void = () => undefined) {
    this.#fail = fail;
  }

  async send(_topic: string, messages: readonly OutgoingMessage[]): Promise<readonly SentPosition[]> {
    const call = this.calls;
    this.calls += 1;
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.atOnce -= 1;
    this.#fail(call, messages);
    const from = this.sent.length;
    this.sent.push(...messages);
    this.batches.push(messages.length);
    return messages.map((_, at) => ({ partition: 0, offset: BigInt(from + at) }));
  }

  async close(): Promise<void> {}
}

const unavailable = (): never => {
  throw new AppError('kafka_unavailable', 'down', { retryable: true });
};

function producer(sender: MessageSender, options: Partial<OrderProducerOptions> = {}): OrderProducer {
  const source = createSource({ seed: 1, count: 2_500 });
  return new OrderProducer({ sender, topic: 'orders', source, logger: silentLogger, ...options });
}

describe('OrderProducer', () => {
  test('sends all there is, with its headers, at most five batches at once', async () => {
    const sender = new FakeSender();
    const sent: number[] = [];
    const status = await producer(sender, {
      maxBatchMessages: 100,
      onSent: (messages) => sent.push(messages.length),
    }).start();
    expect(status).toMatchObject({ state: 'done', generated: 2_500, sent: 2_500, failed: 0, inFlight: 0 });
    expect(sender.mostAtOnce).toBeLessThanOrEqual(5);
    expect(sent.reduce((sum, count) => sum + count, 0)).toBe(2_500);
    const headers = sender.sent.map((message) => message.headers);
    expect(String(headers[0]?.['content-type'])).toBe('application/json');
    expect(Math.abs(Number(String(headers[0]?.['produced-at'])) - Date.now())).toBeLessThan(60_000);
    const traces = new Set(headers.map((header) => String(header['traceparent'])));
    expect(traces.size).toBe(2_500);
    for (const trace of traces) expect(trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test('keeps batches of large messages near 1 MB', async () => {
    const sender = new FakeSender();
    const value = Buffer.alloc(600_000);
    let left = 3;
    const source: MessageSource = {
      skipped: 0,
      take: () =>
        left-- > 0
          ? [
              { key: null, value, note: undefined },
              { key: null, value, note: undefined },
            ]
          : [],
    };
    await producer(sender, { source }).start();
    expect(sender.batches).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('repeats while Kafka is unavailable, and loses nothing', async () => {
    const sender = new FakeSender((call) => (call < 4 ? unavailable() : undefined));
    const status = await producer(sender).start();
    expect(status).toMatchObject({ generated: 2_500, sent: 2_500, failed: 0 });
    expect(new Set(sender.sent.map(({ key }) => String(key))).size).toBe(2_500);
  });

  test('an order never goes back when a batch is repeated after later ones were written', async () => {
    const lives = { plan: new LifePlan(STANDARD_LIVES), timeScale: 1_000_000 };
    const source = createSource({ seed: 1, count: 500, lives });
    const sender = new FakeSender((call) => (call === 1 || call === 6 ? unavailable() : undefined));
    const status = await producer(sender, { source, maxBatchMessages: 200 }).start();
    expect(status).toMatchObject({ orders: 500, failed: 0, inFlight: 0 });
    expect(status.sent).toBeGreaterThan(1_500);
    const right = createSource({ seed: 1, count: 500, lives }).take(10_000);
    expect(status.sent).toBe(right.length);
    const last = (messages: readonly Pick<OutgoingMessage, 'key' | 'value'>[]): Map<string, string> =>
      new Map(messages.map(({ key, value }) => [String(key), String(value)]));
    expect(last(sender.sent)).toEqual(last(right));
    expect(sender.sent.length).toBeGreaterThan(right.length);
  });

  test('by schedule sends each step when it is due, plays the last lives out, and counts orders apart', async () => {
    const lives = { plan: new LifePlan(STANDARD_LIVES), timeScale: 2_000_000 };
    const source = createSource({ seed: 2, count: 40, lives });
    const sender = new FakeSender();
    const started = performance.now();
    const status = await producer(sender, { source, rate: 1_000 }).start();
    expect(status).toMatchObject({ orders: 40, failed: 0, lateMs: 0 });
    expect(status.sent).toBe(createSource({ seed: 2, count: 40, lives }).take(10_000).length);
    // The last birth is due after 39 ms, and days of lives within seconds.
    expect(performance.now() - started).toBeGreaterThan(150);
  });

  test('goes on when something falls due between two looks at the clock', async () => {
    let now = 0;
    const clock = (): number => {
      now += 3;
      return now;
    };
    const source = createSource({ seed: 1, count: 30 });
    const status = await producer(new FakeSender(), { source, rate: 50, clock }).start();
    expect(status).toMatchObject({ state: 'done', generated: 30, sent: 30 });
  });

  test('sends fewer and larger batches the longer they take', async () => {
    const sender = new FakeSender();
    const source = createSource({ seed: 1, count: 1_000 });
    await producer(sender, { source, rate: 5_000 }).start();
    expect(sender.batches.length).toBeLessThan(60);
  });

  test('counts refused messages as failed, and notes only the others', async () => {
    const noted: bigint[] = [];
    const sender = new FakeSender((call, messages) => {
      if (call !== 0) return;
      const positions = messages.map((_, at) => ({ partition: 1, offset: BigInt(at) }));
      const refused = new Map([3, 4].map((at) => [at, 'too_large'] as const));
      throw new MessagesRejectedError('too large', refused, positions);
    });
    const source = createSource({ seed: 1, count: 10 });
    const onSent: OrderProducerOptions['onSent'] = (messages) =>
      noted.push(...messages.map(({ position }) => position.offset));
    const status = await producer(sender, { source, onSent }).start();
    expect(status).toMatchObject({ generated: 10, sent: 8, failed: 2 });
    expect(noted).toEqual([0n, 1n, 2n, 5n, 6n, 7n, 8n, 9n]);
  });

  test('Kafka that would refuse any message ends it, with the reason', async () => {
    const sender = new FakeSender((_, messages) => {
      const refused = new Map(messages.map((__, at) => [at, 'clock'] as const));
      throw new MessagesRejectedError('set the clock', refused, []);
    });
    const running = producer(sender, { rate: 50 });
    await expect(running.start()).rejects.toMatchObject({ code: 'kafka_refuses', message: 'set the clock' });
  });

  test('a refused login ends it at its start only', async () => {
    const refuse = (): never => {
      throw new AppError('kafka_refuses', 'wrong password');
    };
    await expect(producer(new FakeSender(refuse)).start()).rejects.toThrow('wrong password');
    const later = new FakeSender((call) => (call === 2 ? refuse() : undefined));
    const status = await producer(later, { maxInFlight: 1 }).start();
    expect(status).toMatchObject({ generated: 2_500, sent: 2_500, failed: 0 });
  });

  test('close() during an outage stops in time and counts what is left as failed', async () => {
    const sender = new FakeSender(unavailable);
    const running = producer(sender, { closeTimeoutMs: 50 });
    const done = running.start();
    while (running.status.inFlight < 2_500) await new Promise((resolve) => setTimeout(resolve, 1));
    await running.close();
    await running.close();
    expect(await done).toMatchObject({ state: 'done', sent: 0, failed: 2_500, inFlight: 0 });
  });

  test('close() before start() leaves nothing to do', async () => {
    const sender = new FakeSender();
    const idle = producer(sender);
    await idle.close();
    expect((await idle.start()).sent).toBe(0);
    expect(sender.calls).toBe(0);
  });

  test('close() does not wait for a source that waits for input', async () => {
    const source: MessageSource = { skipped: 0, take: () => new Promise(() => {}) };
    const waiting = producer(new FakeSender(), { source });
    const done = waiting.start();
    await waiting.close();
    expect((await done).state).toBe('done');
  });

  test.each([
    [
      'the topic is missing',
      {
        sender: new FakeSender(() => {
          throw new AppError('topic_missing', 'no such topic');
        }),
      },
      'no such topic',
    ],
    [
      'the source throws',
      {
        source: {
          skipped: 0,
          take: () => {
            throw new Error('disk');
          },
        },
      },
      'disk',
    ],
    [
      'onSent throws',
      {
        onSent: () => {
          throw new Error('full');
        },
      },
      'full',
    ],
  ] as const)('start() rejects when %s', async (_, options, message) => {
    const broken = producer(new FakeSender(), options);
    await expect(broken.start()).rejects.toThrow(message);
    await broken.close();
    expect(broken.status.inFlight).toBe(0);
  });

  test('keeps its rate', async () => {
    const sender = new FakeSender();
    const source = createSource({ seed: 1, count: 100 });
    const begun = performance.now();
    const status = await producer(sender, { source, rate: 500 }).start();
    const ms = performance.now() - begun;
    expect(status.sent).toBe(100);
    expect(ms).toBeWithin(195, 2_000);
    expect(status.rate).toBe(500);
  });
});
