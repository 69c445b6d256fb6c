import { describe, expect, test } from 'bun:test';
import { until } from '../../test/helpers/until.ts';
import type { GeneratorSettings } from '../contract/generator.ts';
import type { OutgoingMessage, SentPosition } from '../kafka/send/message-sender.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { GeneratorDesk } from './generator-desk.ts';
import { STEADY } from './schedule.ts';

/** Acknowledges at once, or when the test opens the gate. */
class FakeSender {
  readonly sent: OutgoingMessage[] = [];
  gate: Promise<void> = Promise.resolve();
  failure: Error | undefined;

  async send(_topic: string, messages: readonly OutgoingMessage[]): Promise<readonly SentPosition[]> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    const from = this.sent.length;
    this.sent.push(...messages);
    return messages.map((_, at) => ({ partition: 3, offset: BigInt(from + at) }));
  }

  async close(): Promise<void> {}

  get keys(): string[] {
    return this.sent.map(({ key }) => String(key));
  }
}

function open(settings: Partial<GeneratorSettings> = {}) {
  const sender = new FakeSender();
  const desk = new GeneratorDesk({
    sender,
    topic: 'orders',
    settings: { rate: 1_000, profile: STEADY, seed: 7, count: null, faults: new Map(), ...settings },
    logger: silentLogger,
    closeTimeoutMs: 5_000,
    now: () => 1_760_000_000_000,
  });
  return { sender, desk };
}

describe('GeneratorDesk', () => {
  test('sends what the preview showed', async () => {
    const { sender, desk } = open({
      faults: new Map([
        ['out_of_order', 0.3],
        ['changed', 0.2],
        ['nul', 0.1],
      ]),
    });
    const shown = desk.preview(300);
    expect(desk.status.nextIndex).toBe(0);
    await desk.start({ count: 300, rate: 100_000 });
    await until(() => desk.status.state === 'stopped');
    expect(sender.sent.map(({ value }) => String(value))).toEqual(shown.map(({ value }) => String(value)));
    expect(new Set(shown.map(({ fault }) => fault))).toEqual(
      new Set([undefined, 'out_of_order', 'changed', 'nul']),
    );
    expect(desk.status).toMatchObject({
      remaining: 0,
      counts: { generated: 300, sent: 300, failed: 0, inFlight: 0 },
    });
  });

  test('a stop waits for what is in flight; a start meanwhile begins after it', async () => {
    const { sender, desk } = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    sender.gate = promise;
    await desk.start();
    await until(() => desk.status.counts.inFlight > 0);
    const events: string[] = [];
    const stopped = desk.stop().then(() => events.push('stopped'));
    const started = desk.start().then(() => events.push('started'));
    expect(desk.status.state).toBe('stopping');
    expect(events).toEqual([]);
    resolve();
    await Promise.all([stopped, started]);
    expect([...events].sort()).toEqual(['started', 'stopped']);
    expect(desk.status.state).toBe('running');
    await desk.close();
    const { counts } = desk.status;
    expect(counts).toMatchObject({ failed: 0, inFlight: 0, sent: sender.sent.length });
    expect(new Set(sender.keys).size).toBe(sender.sent.length);
    expect(desk.start()).rejects.toMatchObject({ code: 'aborted' });
  });

  test('start and stop twice are as once', async () => {
    const { sender, desk } = open({ rate: 0.1 });
    await Promise.all([desk.start(), desk.start()]);
    await until(() => sender.sent.length === 1);
    await desk.start();
    await Promise.all([desk.stop(), desk.stop()]);
    await desk.stop();
    expect(desk.status).toMatchObject({ state: 'stopped', currentRate: 0, counts: { sent: 1 } });
  });

  test('a new rate counts at once, also in a long pause', async () => {
    const { sender, desk } = open({ rate: 0.1 });
    await desk.start();
    await until(() => sender.sent.length === 1);
    desk.change({ rate: 1_000 });
    expect(desk.status.currentRate).toBe(1_000);
    await until(() => sender.sent.length > 20);
    await desk.close();
  });

  test('a count is counted from when it is given, and again at the next start', async () => {
    const { sender, desk } = open({ rate: 100_000 });
    await desk.start({ count: 5 });
    await until(() => desk.status.state === 'stopped');
    await desk.start();
    await until(() => desk.status.state === 'stopped');
    expect(sender.sent).toHaveLength(10);
    expect(desk.status.nextIndex).toBe(10);
  });

  test('another seed starts at its first order; the same one goes on, unless an index is given', async () => {
    const { desk } = open();
    const first = await desk.sendOne();
    desk.change({ seed: 8 });
    expect(desk.status.nextIndex).toBe(0);
    const other = await desk.sendOne();
    desk.change({ seed: 8 });
    expect(desk.status.nextIndex).toBe(1);
    desk.change({ seed: 7, nextIndex: 0 });
    const again = await desk.sendOne();
    expect(again.orderUid).toBe(first.orderUid);
    expect(other.orderUid).not.toBe(first.orderUid);
  });

  test('sends one by hand, good or spoiled, and says where it is', async () => {
    const { sender, desk } = open();
    const good = await desk.sendOne();
    const bad = await desk.sendOne('malformed');
    expect(good).toMatchObject({ partition: 3, offset: 0n, fault: undefined });
    expect(bad).toMatchObject({ partition: 3, offset: 1n, fault: 'malformed' });
    expect(sender.keys).toEqual([good.orderUid, bad.orderUid]);
    expect(JSON.parse(String(sender.sent[0]?.value)).order_uid).toBe(good.orderUid);
    expect(() => JSON.parse(String(sender.sent[1]?.value))).toThrow();
    expect(String(sender.sent[0]?.headers['traceparent'])).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(desk.status.counts).toEqual({ generated: 2, sent: 2, failed: 0, inFlight: 0 });
  });

  test('says why it stopped by itself', async () => {
    const { sender, desk } = open();
    sender.failure = new Error('refused for good');
    await desk.start();
    await until(() => desk.status.state === 'stopped');
    expect(desk.status.error).toBe('refused for good');
    sender.failure = undefined;
    await desk.start();
    expect(desk.status.error).toBeUndefined();
    await desk.close();
  });
});
