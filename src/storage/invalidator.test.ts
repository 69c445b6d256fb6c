import { afterEach, expect, test } from 'bun:test';
import { until } from '../../test/helpers/until.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { type InvalidationNotes, Invalidator } from './invalidator.ts';

class FakeNotes implements InvalidationNotes {
  readonly rows = new Map<string, readonly string[]>();
  failure: Error | undefined;

  async list(limit: number) {
    if (this.failure !== undefined) throw this.failure;
    return [...this.rows].slice(0, limit).map(([id, orderUids]) => ({ id, orderUids }));
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    for (const id of ids) this.rows.delete(id);
  }

  async removeOlderThan(): Promise<void> {}
}

class FakeCache {
  readonly told: string[] = [];
  reachable = true;

  async invalidate(uids: readonly string[]): Promise<boolean> {
    this.told.push(...uids);
    return this.reachable;
  }
}

const open: Invalidator[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));

function setUp() {
  const notes = new FakeNotes();
  const cache = new FakeCache();
  const options = { cacheLifeMs: 1000, everyMs: 5, overdueMs: 1000 };
  const invalidator = new Invalidator(cache, notes, options, silentLogger);
  open.push(invalidator);
  return { notes, cache, invalidator };
}

test('what others left is told to the cache at the start, and its notes go', async () => {
  const { notes, cache, invalidator } = setUp();
  for (let at = 0; at < 250; at++) notes.rows.set(`note${at}`, [`a${at}`, `b${at}`]);
  await invalidator.start();
  expect(cache.told.length).toBe(500);
  expect(notes.rows.size).toBe(0);
});

test('a note goes only after the cache has forgotten the order', async () => {
  const { notes, cache, invalidator } = setUp();
  notes.rows.set('n1', ['a']);
  cache.reachable = false;
  await invalidator.changed(['a'], 'n1');
  await invalidator.start();
  expect(notes.rows.size).toBe(1);
  cache.reachable = true;
  await until(() => notes.rows.size === 0);
  expect(cache.told.length).toBeGreaterThan(1);
});

test('a change is told at once, and its note is removed at the latest when it closes', async () => {
  const { notes, cache, invalidator } = setUp();
  notes.rows.set('n1', ['a']).set('n2', ['b']);
  void invalidator.changed(['a'], 'n1');
  expect(cache.told).toEqual(['a']);
  await invalidator.close();
  expect([...notes.rows.keys()]).toEqual(['n2']);
});

test('while the database is slow no looks queue up, and closing does not wait for the one under way', async () => {
  const { notes, invalidator } = setUp();
  let looks = 0;
  notes.list = () => {
    looks += 1;
    return new Promise(() => {});
  };
  void invalidator.start();
  await until(() => looks === 1);
  // Ten intervals, by the clock that counts them.
  await new Promise<void>((resolve) => {
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks < 10) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  await invalidator.close();
  expect(looks).toBe(1);
});

test('an outage of the database is waited out', async () => {
  const { notes, cache, invalidator } = setUp();
  notes.rows.set('n1', ['a']);
  notes.failure = new Error('down');
  await invalidator.start();
  await invalidator.changed(['b'], 'n1');
  expect(cache.told).toEqual(['b']);
  notes.failure = undefined;
  await until(() => notes.rows.size === 0);
});
