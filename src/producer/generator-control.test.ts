import { describe, expect, test } from 'bun:test';
import { until } from '../../test/helpers/until.ts';
import type { GeneratorSettings } from '../contract/generator.ts';
import type { OutgoingMessage, SentPosition } from '../kafka/send/message-sender.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { GeneratorControl } from './generator-control.ts';
import { LifePlan, STANDARD_LIVES } from './life-table.ts';
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
  const [sender, promptSender] = [new FakeSender(), new FakeSender()];
  const control = new GeneratorControl({
    sender,
    promptSender,
    topic: 'orders',
    settings: {
      rate: 1_000,
      profile: STEADY,
      seed: 7,
      count: null,
      faults: new Map(),
      life: false,
      timeScale: 100_000,
      ...settings,
    },
    lives: new LifePlan(STANDARD_LIVES),
    logger: silentLogger,
    closeTimeoutMs: 5_000,
    now: () => 1_760_000_000_000,
  });
  return { sender, promptSender, control };
}

describe('GeneratorControl', () => {
  test('sends what the preview showed', async () => {
    const { sender, control } = open({
      faults: new Map([
        ['out_of_order', 0.3],
        ['changed', 0.2],
        ['nul', 0.1],
      ]),
    });
    const shown = control.preview(300);
    expect(control.status.nextIndex).toBe(0);
    await control.start({ count: 300, rate: 100_000 });
    await until(() => control.status.state === 'stopped');
    expect(sender.sent.map(({ value }) => String(value))).toEqual(shown.map(({ value }) => String(value)));
    expect(new Set(shown.map(({ fault }) => fault))).toEqual(new Set([undefined, 'out_of_order', 'changed', 'nul']));
    expect(control.status).toMatchObject({
      remaining: 0,
      counts: { generated: 300, sent: 300, failed: 0, inFlight: 0 },
    });
  });

  test('runs through stages with their faults, says where it is, and ends with the last', async () => {
    const stages = [
      { toRate: 1_000, overMs: 200 },
      { toRate: 1_000, overMs: 200, faults: 1 },
      { toRate: 0, overMs: 200, faults: 0 },
    ];
    const { sender, control } = open({ faults: new Map([['tombstone', 0.01]]) });
    control.change({ profile: { kind: 'stages', stages }, faults: new Map([['tombstone', 1e-9]]) });
    const shown = control.preview(450).map(({ value }) => value);
    for (const round of [0, 1]) {
      await control.start();
      await until(() => (control.status.profileMs ?? 0) > 0);
      await until(() => control.status.state === 'stopped');
      const sent = sender.sent.slice(round * 501);
      expect(sent.map(({ value }) => value === null)).toEqual(
        Array.from({ length: 501 }, (_, at) => at >= 200 && at < 400),
      );
      if (round === 0) expect(sent.slice(0, 450).map(({ value }) => value)).toEqual(shown);
    }
    expect(control.status.profileMs).toBeUndefined();
  });

  test('a stop waits for what is in flight; a start meanwhile begins after it', async () => {
    const { sender, control } = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    sender.gate = promise;
    await control.start();
    await until(() => control.status.counts.inFlight > 0);
    const events: string[] = [];
    const stopped = control.stop().then(() => events.push('stopped'));
    const started = control.start().then(() => events.push('started'));
    expect(control.status.state).toBe('stopping');
    expect(events).toEqual([]);
    resolve();
    await Promise.all([stopped, started]);
    expect([...events].sort()).toEqual(['started', 'stopped']);
    expect(control.status.state).toBe('running');
    await control.close();
    const { counts } = control.status;
    expect(counts).toMatchObject({ failed: 0, inFlight: 0, sent: sender.sent.length });
    expect(new Set(sender.keys).size).toBe(sender.sent.length);
    expect(control.start()).rejects.toMatchObject({ code: 'aborted' });
  });

  test('start and stop twice are as once', async () => {
    const { sender, control } = open({ rate: 0.1 });
    await Promise.all([control.start(), control.start()]);
    await until(() => sender.sent.length === 1);
    await control.start();
    await Promise.all([control.stop(), control.stop()]);
    await control.stop();
    expect(control.status).toMatchObject({ state: 'stopped', currentRate: 0, counts: { sent: 1 } });
  });

  test('a new rate counts at once, also in a long pause', async () => {
    const { sender, control } = open({ rate: 0.1 });
    await control.start();
    await until(() => sender.sent.length === 1);
    control.change({ rate: 1_000 });
    expect(control.status.currentRate).toBe(1_000);
    await until(() => sender.sent.length > 20);
    await control.close();
  });

  test('a count is counted from when it is given, and again at the next start', async () => {
    const { sender, control } = open({ rate: 100_000 });
    await control.start({ count: 5 });
    await until(() => control.status.state === 'stopped');
    await control.start();
    await until(() => control.status.state === 'stopped');
    expect(sender.sent).toHaveLength(10);
    expect(control.status.nextIndex).toBe(10);
  });

  test('another seed starts at its first order; the same one goes on, unless an index is given', async () => {
    const { control } = open();
    const first = await control.sendOne();
    control.change({ seed: 8 });
    expect(control.status.nextIndex).toBe(0);
    const other = await control.sendOne();
    control.change({ seed: 8 });
    expect(control.status.nextIndex).toBe(1);
    control.change({ seed: 7, nextIndex: 0 });
    const again = await control.sendOne();
    expect(again.orderUid).toBe(first.orderUid);
    expect(other.orderUid).not.toBe(first.orderUid);
  });

  test('sends one by hand, good or spoiled, and says where it is', async () => {
    const { promptSender: sender, control } = open();
    const good = await control.sendOne();
    const bad = await control.sendOne('malformed');
    expect(good).toMatchObject({ partition: 3, offset: 0n, fault: undefined });
    expect(bad).toMatchObject({ partition: 3, offset: 1n, fault: 'malformed' });
    expect(sender.keys).toEqual([good.orderUid, bad.orderUid]);
    expect(JSON.parse(String(sender.sent[0]?.value)).order_uid).toBe(good.orderUid);
    expect(() => JSON.parse(String(sender.sent[1]?.value))).toThrow();
    expect(String(sender.sent[0]?.headers['traceparent'])).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(control.status.counts).toEqual({ generated: 2, sent: 2, failed: 0, inFlight: 0, orders: 2 });
  });

  test('with life sends what the preview showed, plays lives out after the last order, and goes on after a stop', async () => {
    const { sender, control } = open({ life: true, timeScale: 5_000_000 });
    const shown = control.preview(60);
    expect(shown[0]).toMatchObject({ index: 0, state: 'placed' });
    expect(new Set(shown.map(({ state }) => state))).toContain('assembled');
    await control.start({ count: 20 });
    await until(() => sender.sent.length > 25);
    await control.stop();
    expect(control.status.openOrders).toBeGreaterThan(0);
    await control.start({ count: control.status.remaining });
    await until(() => control.status.state === 'stopped');
    const { openOrders, counts, remaining } = control.status;
    expect([openOrders, remaining, counts.orders]).toEqual([0, 0, 20]);
    expect(counts.sent).toBe(sender.sent.length);
    const versions = Map.groupBy(sender.sent, ({ key }) => String(key));
    expect(versions.size).toBe(20);
    const first = sender.sent.slice(0, 25).map(({ value }) => String(value));
    expect(first).toEqual(shown.slice(0, 25).map(({ value }) => String(value)));
  });

  test('another count while the last lives are played out makes orders at once, and no more than are due', async () => {
    const { sender, control } = open({ life: true, timeScale: 1_000 });
    await control.start({ count: 5 });
    await until(() => control.status.remaining === 0 && sender.sent.length >= 5);
    await new Promise((resolve) => setTimeout(resolve, 300));
    control.change({ count: null, rate: 1 });
    await until(() => control.status.counts.orders > 5);
    expect(control.status).toMatchObject({ state: 'running', remaining: null });
    expect(control.status.counts.orders).toBeLessThan(50);
    control.change({ count: 0 });
    control.change({ life: false });
    await until(() => control.status.state === 'stopped');
  });

  test('without life from now on, what lives is sent no more', async () => {
    const { control } = open({ life: true });
    await control.sendOne();
    expect(control.status.openOrders).toBe(1);
    control.change({ life: false });
    expect([control.status.openOrders, control.preview(2).map(({ state }) => state)]).toEqual([
      0,
      [undefined, undefined],
    ]);
    control.change({ life: true, timeScale: 10 });
    expect(control.preview(1)[0]?.state).toBe('placed');
  });

  test('says why it stopped by itself', async () => {
    const { sender, control } = open();
    sender.failure = new Error('refused for good');
    await control.start();
    await until(() => control.status.state === 'stopped');
    expect(control.status.error).toBe('refused for good');
    sender.failure = undefined;
    await control.start();
    expect(control.status.error).toBeUndefined();
    await control.close();
  });
});
