import { describe, expect, test } from 'bun:test';
import { documentOf, storedOrder } from '../../../../test/helpers/stored-order.ts';
import type { OrderDocument } from '../../../storage/stored-orders.ts';
import { silentLogger } from '../../../telemetry/logger.ts';
import { PolledArrivals } from './order-arrivals.ts';

const never = new AbortController().signal;

/** A database in memory that stores when it is told to. */
class Engine {
  readonly next = new Map<number, { next: number; ageMs: number }>();
  readonly rows = new Map<string, OrderDocument>();
  readonly forgotten: string[] = [];
  looks = 0;
  failing = false;

  open(options = {}): PolledArrivals {
    return new PolledArrivals(
      {
        progress: async () => {
          this.looks += 1;
          if (this.failing) throw new Error('down');
          return this.next;
        },
        findMany: async (uids) => new Map(uids.flatMap((uid) => [...this.rows].filter(([known]) => known === uid))),
        forget: async (uids) => this.forgotten.push(...uids),
        logger: silentLogger,
      },
      { maxWaitMs: 5_000, ...options },
    );
  }

  cameTo(partition: number, next: number, ageMs = 0): void {
    this.next.set(partition, { next, ageMs });
  }

  store(uid: string, partition: number, offset: number, changes = {}, producedAt = 1_760_000_000_000): void {
    const { order, origin } = storedOrder(uid, changes);
    const place = { ...origin, partition, offset: BigInt(offset), producedAt };
    this.rows.set(uid, documentOf({ order, origin: place }));
    this.cameTo(partition, offset + 1);
  }
}

const sent = (uid: string, partition: number, offset: number) => ({
  order: storedOrder(uid).order,
  partition,
  offset: BigInt(offset),
  since: performance.now(),
});

describe('an order that is waited for', () => {
  test('is stored once the consumer is past it, and the cache has forgotten it by then', async () => {
    const engine = new Engine();
    engine.cameTo(1, 5);
    const arrivals = engine.open();
    const wait = arrivals.wait(sent('a', 1, 5), 5_000, never);
    engine.store('a', 1, 5);
    expect(await wait).toBe('stored');
    expect(engine.forgotten).toEqual(['a']);
  });

  test('is stored, too, when the same order was there before', async () => {
    const engine = new Engine();
    engine.store('a', 1, 5);
    engine.cameTo(1, 10);
    expect(await engine.open().wait(sent('a', 1, 9), 5_000, never)).toBe('stored');
  });

  test('is superseded by a later version, and rejected when nothing or only an older one is there', async () => {
    const engine = new Engine();
    engine.store('a', 1, 12, { entry: 'other' });
    engine.cameTo(1, 100);
    const arrivals = engine.open();
    expect(await arrivals.wait(sent('a', 1, 9), 5_000, never)).toBe('superseded');
    expect(await arrivals.wait(sent('a', 1, 20), 5_000, never)).toBe('rejected');
    expect(await arrivals.wait(sent('absent', 1, 20), 5_000, never)).toBe('rejected');
  });

  test('is superseded by a version from another partition that is newer, and by no older one', async () => {
    const engine = new Engine();
    const arrivals = engine.open();
    engine.cameTo(1, 100);
    engine.store('a', 2, 3, { entry: 'other' }, Date.now() + 60_000);
    expect(await arrivals.wait(sent('a', 1, 9), 5_000, never)).toBe('superseded');
    engine.store('a', 2, 3, { entry: 'other' });
    expect(await arrivals.wait(sent('a', 1, 9), 5_000, never)).toBe('rejected');
  });

  test('has not arrived where an earlier topic of the same name had come further', async () => {
    const engine = new Engine();
    engine.cameTo(1, 100, 60_000);
    const arrivals = engine.open();
    expect(await arrivals.wait(sent('a', 1, 5), 30, never)).toBeUndefined();
    const wait = arrivals.wait(sent('a', 1, 5), 5_000, never);
    engine.store('a', 1, 5);
    expect(await wait).toBe('stored');
  });

  test('is given up at the end of the time, when the client goes away, and when its place is not known', async () => {
    const arrivals = new Engine().open();
    expect(await arrivals.wait(sent('a', 1, 5), 30, never)).toBeUndefined();
    const leaving = new AbortController();
    const wait = arrivals.wait(sent('a', 1, 5), 60_000, leaving.signal);
    leaving.abort();
    expect(await wait).toBeUndefined();
    expect(await arrivals.wait(sent('a', 1, -1), 60_000, never)).toBeUndefined();
  });

  test('waits on while PostgreSQL is down', async () => {
    const engine = new Engine();
    engine.failing = true;
    const wait = engine.open().wait(sent('a', 1, 5), 5_000, never);
    engine.store('a', 1, 5);
    while (engine.looks < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    engine.failing = false;
    expect(await wait).toBe('stored');
  });
});

describe('many that are waited for', () => {
  test('share each look, are bounded in number, and nothing is asked when nobody waits', async () => {
    const engine = new Engine();
    const arrivals = engine.open({ maxWaiting: 1_000 });
    const waits = Array.from({ length: 1_000 }, (_, at) => arrivals.wait(sent(`o${at}`, 1, at), 5_000, never));
    expect(arrivals.full).toBe(true);
    expect(await arrivals.wait(sent('more', 1, 5), 5_000, never)).toBeUndefined();
    for (let at = 0; at < 1_000; at++) engine.store(`o${at}`, 1, at);
    expect(new Set(await Promise.all(waits))).toEqual(new Set(['stored']));
    expect(engine.looks).toBeLessThan(10);
    const { looks } = engine;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(engine.looks).toBeLessThanOrEqual(looks + 1);
  });
});
