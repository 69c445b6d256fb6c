import { describe, expect, test } from 'bun:test';
import { orderOf, storedDocument } from '../../test/helpers/stored-order.ts';
import { AppError } from '../lib/app-error.ts';
import { OrderReader } from './order-reader.ts';
import type { CacheAnswer, CacheFill } from './redis/order-keys.ts';
import type { FoundOrder, OrderDocument } from './stored-orders.ts';

/** A store whose answers the test gives by hand, unless `auto`. */
class FakeStore {
  readonly rows = new Map<string, OrderDocument>();
  readonly calls: (readonly string[])[] = [];
  readonly #gates: PromiseWithResolvers<void>[] = [];
  auto = true;
  failure: Error | undefined;

  add(...uids: string[]): this {
    for (const uid of uids) this.rows.set(uid, storedDocument(uid));
    return this;
  }

  async findMany(uids: readonly string[]): Promise<Map<string, OrderDocument>> {
    this.calls.push(uids);
    const failure = this.failure;
    const answer = new Map(uids.flatMap((uid) => [...this.#row(uid)]));
    if (!this.auto) {
      const gate = Promise.withResolvers<void>();
      this.#gates.push(gate);
      await gate.promise;
    }
    if (failure !== undefined) throw failure;
    return answer;
  }

  /** Lets the oldest waiting query answer with what it read. */
  answer(): void {
    this.#gates.shift()?.resolve();
  }

  *#row(uid: string): Iterable<[string, OrderDocument]> {
    const row = this.rows.get(uid);
    if (row !== undefined) yield [uid, row];
  }
}

class FakeCache {
  readonly found = new Map<string, OrderDocument>();
  readonly fills: CacheFill[] = [];
  readonly gets: (readonly string[])[] = [];
  grant = true;
  /** Someone else has the lease of everything. */
  held = false;
  kept: FoundOrder | undefined;

  fromL1(): FoundOrder | undefined {
    return this.kept;
  }

  async get(uids: readonly string[]): Promise<CacheAnswer> {
    this.gets.push(uids);
    const leases = this.grant ? uids.filter((uid) => !this.found.has(uid)) : [];
    return {
      found: this.found,
      leases: new Map(leases.map((uid) => [uid, `lease-${uid}`])),
      held: new Set(this.held ? uids.filter((uid) => !this.found.has(uid)) : []),
    };
  }

  async fill(fills: readonly CacheFill[]): Promise<void> {
    this.fills.push(...fills);
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('OrderReader', () => {
  test('answers from the cache without asking the store', async () => {
    const store = new FakeStore();
    const cache = new FakeCache();
    cache.found.set('a', storedDocument('a'));
    expect(await new OrderReader({ store, cache }).find('a')).toEqual({
      ...storedDocument('a'),
      tier: 'redis',
    });
    expect(store.calls).toEqual([]);
  });

  test('answers at once with what the process keeps', () => {
    const cache = new FakeCache();
    cache.kept = { ...storedDocument('a'), tier: 'l1' };
    expect(new OrderReader({ store: new FakeStore(), cache }).find('a')).toBe(cache.kept);
    expect(cache.gets).toEqual([]);
  });

  test('fills a miss under its lease', async () => {
    const store = new FakeStore().add('a');
    const cache = new FakeCache();
    const found = await new OrderReader({ store, cache }).find('a');
    expect(found?.tier).toBe('postgresql');
    expect(cache.fills).toEqual([{ uid: 'a', document: storedDocument('a'), lease: 'lease-a' }]);
  });

  test('does not fill with what a standby says, which may be behind', async () => {
    const store = new FakeStore();
    const cache = new FakeCache();
    store.rows.set('a', { ...storedDocument('a'), standby: true });
    expect(await new OrderReader({ store, cache }).find('a')).toMatchObject({ tier: 'postgresql' });
    expect(cache.fills).toEqual([{ uid: 'a', document: undefined, lease: 'lease-a' }]);
  });

  test('does not fill without a lease; of what does not exist it gives the lease back', async () => {
    const store = new FakeStore().add('a');
    const cache = new FakeCache();
    const reader = new OrderReader({ store, cache });
    expect(await reader.find('absent')).toBeUndefined();
    cache.grant = false;
    expect((await reader.find('a'))?.tier).toBe('postgresql');
    expect(cache.fills).toEqual([{ uid: 'absent', document: undefined, lease: 'lease-absent' }]);
  });

  test('a lease is given back when the database can’t answer', async () => {
    const store = new FakeStore();
    store.failure = new AppError('database_unavailable', 'down', { retryable: true });
    const cache = new FakeCache();
    expect(await Promise.resolve(new OrderReader({ store, cache }).find('a')).catch(() => 'failed')).toBe('failed');
    expect(cache.fills).toEqual([{ uid: 'a', document: undefined, lease: 'lease-a' }]);
  });

  test('waits a little for what another process is about to bring', async () => {
    const store = new FakeStore().add('a', 'b');
    const cache = new FakeCache();
    cache.grant = false;
    cache.held = true;
    const reader = new OrderReader({ store, cache });
    const waiting = reader.find('a');
    await turn();
    cache.found.set('a', storedDocument('a'));
    expect((await waiting)?.tier).toBe('redis');
    expect(store.calls).toEqual([]);
    // Nobody brings this one.
    expect((await reader.find('b'))?.tier).toBe('postgresql');
  });

  test('lookups of one turn go as one batch, each uid once', async () => {
    const store = new FakeStore().add('a', 'b');
    const cache = new FakeCache();
    const reader = new OrderReader({ store, cache });
    const uids = ['a', 'b', 'absent', 'a', 'b'];
    const found = await Promise.all(uids.map((uid) => reader.find(uid)));
    expect(found.map((one) => orderOf(one)?.order_uid)).toEqual(['a', 'b', undefined, 'a', 'b']);
    expect(cache.gets).toEqual([['a', 'b', 'absent']]);
    expect(store.calls).toEqual([['a', 'b', 'absent']]);
  });

  test('a batch is bounded, and so are the queries at once', async () => {
    const store = new FakeStore();
    store.auto = false;
    const reader = new OrderReader({ store, maxBatch: 10, maxQueries: 2 });
    const all = Promise.all(Array.from({ length: 35 }, (_, at) => reader.find(`o${at}`)));
    await turn();
    expect(store.calls.map((uids) => uids.length)).toEqual([10, 10]);
    while (store.calls.length < 4) {
      store.answer();
      await turn();
    }
    store.answer();
    store.answer();
    expect((await all).length).toBe(35);
    expect(store.calls.map((uids) => uids.length)).toEqual([10, 10, 10, 5]);
  });

  test('what waits for a slow query joins the next one', async () => {
    const store = new FakeStore();
    store.auto = false;
    const reader = new OrderReader({ store, maxQueries: 1 });
    const all = [reader.find('a')];
    await turn();
    for (const uid of ['b', 'c', 'd']) {
      all.push(reader.find(uid));
      await turn();
    }
    store.answer();
    await turn();
    expect(store.calls).toEqual([['a'], ['b', 'c', 'd']]);
    store.answer();
    await Promise.all(all);
  });

  test('a lookup that begins after a read never gets what that read saw', async () => {
    const store = new FakeStore();
    store.auto = false;
    const reader = new OrderReader({ store });
    const before = reader.find('a');
    await turn();
    store.add('a');
    const after = [reader.find('a'), reader.find('a')];
    await turn();
    expect(store.calls.length).toBe(1);
    store.answer();
    expect(await before).toBeUndefined();
    await turn();
    store.answer();
    expect((await Promise.all(after)).map((one) => orderOf(one)?.order_uid)).toEqual(['a', 'a']);
    expect(store.calls).toEqual([['a'], ['a']]);
  });

  test('a cached order does not wait for the misses of its batch', async () => {
    const store = new FakeStore().add('slow');
    store.auto = false;
    const cache = new FakeCache();
    cache.found.set('fast', storedDocument('fast'));
    const reader = new OrderReader({ store, cache });
    const slow = reader.find('slow');
    expect((await reader.find('fast'))?.tier).toBe('redis');
    await turn();
    store.answer();
    expect((await slow)?.tier).toBe('postgresql');
  });

  test('a database outage fails the lookups under way, and not the next ones', async () => {
    const store = new FakeStore().add('a');
    store.failure = new AppError('database_unavailable', 'down', { retryable: true });
    const reader = new OrderReader({ store });
    const results = await Promise.allSettled([reader.find('a'), reader.find('b')]);
    expect(results.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    store.failure = undefined;
    expect((await reader.find('a'))?.tier).toBe('postgresql');
  });

  test('refuses lookups past its limit', async () => {
    const store = new FakeStore();
    store.auto = false;
    const reader = new OrderReader({ store, maxLookups: 2 });
    const waiting = [reader.find('a'), reader.find('b')];
    expect(reader.find('c')).rejects.toMatchObject({ code: 'database_unavailable', retryable: true });
    await turn();
    store.answer();
    await Promise.all(waiting);
    store.auto = true;
    expect(await reader.find('c')).toBeUndefined();
  });
});
