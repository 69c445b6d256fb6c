import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeOrder } from '../order/decode.ts';
import type { Order } from '../order/order.ts';
import { type OrderState, orderState } from '../order/states.ts';
import { parseFaults } from './faults.ts';
import { LifePlan, NEXT_STATES, readLifeTable, STANDARD_LIVES } from './life-table.ts';
import type { SourceMessage } from './message-source.ts';
import { OpenOrders } from './open-orders.ts';
import { scheduleOf } from './schedule.ts';
import { createSource, type SourceOptions } from './source.ts';

const plan = new LifePlan(STANDARD_LIVES);
const lives = { plan, timeScale: 7_200 };
const limits = { maxBytes: 524_288, now: (): number => Date.UTC(2026, 0, 1) };

function takeAll(options: SourceOptions, step = 100): SourceMessage[] {
  const source = createSource(options);
  const messages: SourceMessage[] = [];
  for (let some = source.take(step); some.length > 0; some = source.take(step)) messages.push(...some);
  return messages;
}

function orderOf({ value }: SourceMessage): Order {
  const decoded = decodeOrder(value, limits);
  if (!decoded.ok) throw new Error(decoded.detail);
  return decoded.order;
}

const stateOf = (order: Order): OrderState => orderState(order.items.map(({ status }) => status));
const textOf = ({ key, value, step }: SourceMessage): string => `${key} ${step?.step ?? 0} ${value}`;

/** Which states of an order may follow which, those of orders that are back in part included. */
const NEXT = new Map<string, readonly OrderState[]>([
  ...Object.entries(NEXT_STATES),
  ['delivered', ['returned', 'partly_returned']],
  ['partly_returned', ['partly_refunded']],
]);

describe('the lives of 20 000 orders', () => {
  const messages = takeAll({ seed: 11, count: 20_000, lives });
  const byOrder = Map.groupBy(messages, ({ key }) => String(key));

  test('make valid orders, whose steps follow each other as the table allows', () => {
    expect(byOrder.size).toBe(20_000);
    for (const versions of byOrder.values()) {
      let before: Order | undefined;
      for (const [at, message] of versions.entries()) {
        const order = orderOf(message);
        const state = stateOf(order);
        expect(message.step?.step ?? 0).toBe(at);
        if (before === undefined) expect(state).toBe('placed');
        else {
          expect(NEXT.get(stateOf(before))).toContain(state);
          expect(order.date_created).toBe(before.date_created);
          expect(order.payment.amount).toBeLessThanOrEqual(before.payment.amount);
          expect(order.items.map(({ rid, price }) => rid + price)).toEqual(
            before.items.map(({ rid, price }) => rid + price),
          );
        }
        const paid = state !== 'placed' && state !== 'payment_failed';
        if (paid && state !== 'cancelled_by_customer') expect(order.payment.payment_dt).toBeGreaterThan(0);
        before = order;
      }
    }
  });

  test('end in every way there is, most of them delivered', () => {
    const ends = new Map<OrderState, number>();
    for (const versions of byOrder.values()) {
      const last = versions.at(-1);
      const state = last === undefined ? 'other' : stateOf(orderOf(last));
      ends.set(state, (ends.get(state) ?? 0) + 1);
    }
    expect((ends.get('delivered') ?? 0) / 20_000).toBeWithin(0.65, 0.85);
    expect([...ends.keys()].sort()).toEqual([
      'cancelled_by_customer',
      'cancelled_by_seller',
      'delivered',
      'out_of_stock',
      'partly_refunded',
      'payment_failed',
      'refunded',
    ]);
  });

  test('an item that is missing or refunded costs nothing', () => {
    const items = messages.flatMap((message) => orderOf(message).items);
    const free = items.filter(({ status }) => status === 403 || status === 501);
    expect(free.length).toBeGreaterThan(100);
    for (const item of free) expect(item.total_price).toBe(0);
    for (const { status, total_price } of items) if (status < 400) expect(total_price).toBeGreaterThan(0);
  });
});

describe('a stream with lives', () => {
  test('is the same however it is taken', () => {
    const options = {
      seed: 3,
      count: 500,
      lives,
      faults: parseFaults('duplicate=5%,changed=5%,nul=5%,out_of_order=5%'),
    };
    expect(takeAll(options, 1).map(textOf)).toEqual(takeAll(options, 1_000).map(textOf));
  });

  test('does not change how often messages without lives are sent, nor what they say', () => {
    const without = takeAll({ seed: 3, count: 300 }).map(({ value }) => orderOf({ key: null, value, note: undefined }));
    const births = takeAll({ seed: 3, count: 300, lives }).filter(({ step }) => step === undefined);
    expect(births.map(orderOf).map(({ order_uid, date_created }) => order_uid + date_created)).toEqual(
      without.map(({ order_uid, date_created }) => order_uid + date_created),
    );
  });

  const schedules = {
    'no schedule': undefined,
    '5/s': scheduleOf({ kind: 'steady' }, 5),
    '333/s': scheduleOf({ kind: 'steady' }, 333),
    bursts: scheduleOf({ kind: 'burst', burstRate: 200, forMs: 700, everyMs: 3_000 }, 3),
    'a ramp': scheduleOf({ kind: 'ramp', toRate: 50, overMs: 20_000 }, 1),
  };
  for (const [name, schedule] of Object.entries(schedules)) {
    test.each([1, 77, 4_294_967_295])(`by ${name} goes on at any index as if it had begun at 0, seed %d`, (seed) => {
      const count = 2_000;
      const run = (start: number): SourceMessage[] => {
        const source = createSource({ seed, start, count: count - start, lives, resumed: true });
        let born = start;
        const messages: SourceMessage[] = [];
        for (;;) {
          const at = born;
          const timeline = schedule && {
            nowMs: Number.POSITIVE_INFINITY,
            timeOf: (ahead: number): number => schedule.timeOf(at + ahead),
          };
          const some = source.take(17, timeline);
          if (some.length === 0) return messages;
          born += some.filter(({ step }) => step === undefined).length;
          messages.push(...some);
        }
      };
      const whole = run(0);
      for (const start of [1, 500, 1_999]) {
        const births = whole.flatMap(({ step }, at) => (step === undefined ? [at] : []));
        expect(run(start).map(textOf)).toEqual(whole.slice(births[start]).map(textOf));
      }
    });
  }

  test('says that too many orders would have to be resumed', () => {
    const source = createSource({ seed: 1, start: 2 ** 40, lives: { plan, timeScale: 0.001 }, resumed: true });
    expect(() => source.take(1)).toThrow('let time run faster');
  });

  test('gives by a timeline what is due by then', () => {
    const source = createSource({ seed: 1, lives });
    const timeline = { nowMs: 10_000, timeOf: (ahead: number): number => ahead * 1_000 };
    const messages = source.take(1_000, timeline);
    expect(messages.filter(({ step }) => step === undefined).length).toBe(11);
    expect(messages.length).toBeGreaterThan(11);
    expect(source.timeMs).toBeLessThanOrEqual(10_000);
    const next = { nowMs: 10_000, timeOf: (ahead: number): number => (11 + ahead) * 1_000 };
    expect(source.nextAtMs(next)).toBeWithin(10_000, 11_001);
    expect(source.take(1_000, next)).toEqual([]);
  });

  test('ends once the last life is over, and not before', () => {
    const source = createSource({ seed: 1, count: 3, lives });
    const timeline = { nowMs: 0, timeOf: (): number => 0 };
    expect(source.take(100, timeline).length).toBe(3);
    expect(source.nextAtMs(timeline)).toBeGreaterThan(0);
    expect(source.nextAtMs(timeline)).toBeLessThan(Number.POSITIVE_INFINITY);
    while (source.take(100, { ...timeline, nowMs: Number.POSITIVE_INFINITY }).length > 0);
    expect(source.nextAtMs(timeline)).toBe(Number.POSITIVE_INFINITY);
    expect(source.open).toBe(0);
  });

  test('is never contradicted by a fault: no order goes back to a state it has left', () => {
    const faults = parseFaults('duplicate=10%,changed=10%,out_of_order=10%,malformed=5%,tombstone=5%');
    const messages = takeAll({ seed: 21, count: 4_000, faults, lives: { plan, timeScale: 40_000 } });
    const bad = new Set(messages.flatMap(({ key, note }) => (note?.expectedReason ? [String(key)] : [])));
    const seen = new Map<string, Order>();
    let repeated = 0;
    for (const message of messages) {
      if (message.note?.expectedReason) continue;
      const order = orderOf(message);
      expect(bad.has(order.order_uid)).toBe(false);
      const before = seen.get(order.order_uid);
      const [is, was] = [stateOf(order), before && stateOf(before)];
      if (message.note?.fault === 'duplicate' || message.note?.fault === 'changed') {
        repeated += Number(was !== 'placed');
        expect([is, 'partly_refunded', 'partly_returned', 'refunded', 'returned']).toContain(was ?? 'none');
        if (message.note.fault === 'duplicate') expect(order).toEqual(before ?? order);
      } else if (was !== undefined) {
        expect(NEXT.get(was) ?? [is]).toContain(is);
        // What a fault has changed stays so.
        if (before !== undefined) expect(order.items.map(({ rid }) => rid)).toEqual(before.items.map(({ rid }) => rid));
      }
      seen.set(order.order_uid, order);
    }
    expect(repeated).toBeGreaterThan(100);
  });
});

describe('OpenOrders', () => {
  test('gives orders by time and then by index, as sorting does', () => {
    const open = new OpenOrders();
    const all = Array.from({ length: 5_000 }, (_, index) => ({ at: (index * 7_919) % 613, index }));
    for (const { at, index } of all) open.add(at, index, 1, 0);
    const taken: { at: number; index: number }[] = [];
    while (open.size > 0) {
      taken.push({ at: open.atMs, index: open.index });
      open.remove();
    }
    expect(taken).toEqual(all.toSorted((a, b) => a.at - b.at || a.index - b.index));
    expect(open.atMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('a million of them take less than 32 MB, and give that back', () => {
    const open = new OpenOrders();
    for (let index = 0; index < 1_000_000; index += 1) open.add((index * 7_919) % 1_000_003, index, 1, 0);
    expect(open.bytes).toBeLessThan(32_000_000);
    while (open.size > 10) open.remove();
    expect(open.bytes).toBeLessThan(200_000);
  });
});

describe('readLifeTable', () => {
  const read = (table: unknown): unknown => {
    const folder = mkdtempSync(join(tmpdir(), 'lives-'));
    try {
      writeFileSync(join(folder, 'table.json'), typeof table === 'string' ? table : JSON.stringify(table));
      return readLifeTable(join(folder, 'table.json'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('takes the standard table', () => {
    expect(read(STANDARD_LIVES)).toEqual(STANDARD_LIVES);
  });

  test('names all that is wrong', () => {
    expect(() => read('{')).toThrow('the table of lives');
    expect(() => read({ ...STANDARD_LIVES, steps: { refunded: {} }, oneMissing: 2 })).toThrow(
      /\/steps\/refunded is not a known member; \/oneMissing must be <= 1/,
    );
    const way = { hours: 1, spread: 1 };
    const steps = {
      placed: { paid: way, payment_failed: way },
      paid: { out_of_stock: { ...way, share: 0.7 }, assembled: { ...way, share: 0.6 } },
    };
    expect(() => read({ ...STANDARD_LIVES, steps })).toThrow(
      '/steps/placed has 2 ways without a share, and one can take the rest; /steps/paid has shares of 1.29',
    );
  });
});

test('no life lasts longer than the plan says', () => {
  expect(plan.longestMs / 86_400_000).toBeWithin(30, 200);
});
