import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { SQL } from 'bun';
import { PostgresOrderListing } from '../../src/storage/postgresql/order-listing.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { StoredOrders } from '../helpers/stored-orders.ts';

interface Page {
  readonly orders: readonly { readonly order_uid: string; readonly stored_at: string }[];
  readonly next_cursor: string | null;
  readonly searched_to: string | null;
}

let stored: StoredOrders;

beforeAll(async () => {
  stored = await StoredOrders.open();
});

afterAll(() => stored.close());

beforeEach(async () => {
  await stored.sql.unsafe('truncate orders, order_items');
});

function open(options: ConstructorParameters<typeof PostgresOrderListing>[1] = {}) {
  const listing = new PostgresOrderListing(stored.database, options);
  const app = new FakeBackend().app({ listing });
  const page = async (query: string, cursor: string | null = null): Promise<Page> => {
    const rest = cursor === null ? query : `${query}&cursor=${cursor}`;
    const answer = await app.request(`/api/v1/orders?${rest}`);
    const json = await answer.json();
    if (answer.status !== 200) throw new Error(JSON.stringify(json));
    return json;
  };
  /** Every page to the end; `between` runs after each. */
  const walk = async (query: string, between?: (page: number) => Promise<void>): Promise<string[]> => {
    const uids: string[] = [];
    let cursor: string | null = null;
    for (let at = 0; ; at++) {
      const { orders, next_cursor } = await page(query, cursor);
      uids.push(...orders.map((one) => one.order_uid));
      await between?.(at);
      if (next_cursor === null) return uids;
      cursor = next_cursor;
    }
  };
  return { app, page, walk };
}

const names = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `${prefix}${from + at}`);

/** Three transactions' worth: many orders share an instant, an offset, or both. */
async function addThreeBatches(): Promise<void> {
  for (const [at, minute] of [1, 2, 3].entries()) {
    await stored.add('o', at * 100, at * 100 + 100, {
      stored_at: `'2026-01-01T00:0${minute}:00.123456Z'`,
      source_offset: 'n / 7',
      customer_id: `'c' || n % 10`,
      delivery_service: `case when n % 50 = 0 then 'rare' else 'meest' end`,
      payment_amount: 'n * 10',
      payment_currency: `case when n % 2 = 0 then 'USD' else 'EUR' end`,
      date_created: `'2026-01-01T00:00:00Z'::timestamptz + n * interval '1 hour'`,
    });
  }
}

describe('pages', () => {
  test('of any length hold every order once, newest first or oldest first', async () => {
    await addThreeBatches();
    const { walk } = open();
    const whole = await walk('limit=200');
    expect([...whole].sort()).toEqual(names('o', 0, 300).sort());
    expect(whole.slice(0, 100).every((uid) => Number(uid.slice(1)) >= 200)).toBe(true);
    for (const limit of [1, 7, 100]) {
      expect(await walk(`limit=${limit}`)).toEqual(whole);
      expect(await walk(`limit=${limit}&order=oldest`)).toEqual([...whole].reverse());
    }
  });

  test('orders stored meanwhile, by transactions that began before or late, neither repeat nor hide one', async () => {
    await addThreeBatches();
    const { walk } = open();
    const before = await walk('limit=200');
    // Its rows have the time of its beginning, which lies in the part still to come; it commits after the third page.
    const late = new SQL(stored.url, { max: 1 });
    try {
      const transaction = await late.reserve();
      await transaction.unsafe('begin');
      await stored.add('late', 0, 50, { stored_at: `'2026-01-01T00:01:30Z'` }, transaction);
      const seen = await walk('limit=20', async (page) => {
        await stored.add(`new${page}-`, 0, 10);
        if (page === 2) await transaction.unsafe('commit');
      });
      transaction.release();
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((uid) => uid.startsWith('o'))).toEqual(before);
      expect(seen.filter((uid) => uid.startsWith('late')).sort()).toEqual(names('late', 0, 50).sort());
      expect(seen.filter((uid) => uid.startsWith('new'))).toEqual([]);
    } finally {
      await late.close();
    }
  });

  test('under writers that never pause, every order there at the beginning comes once', async () => {
    await stored.add('old', 0, 2_000, {
      stored_at: `now() - interval '1 hour' + n / 100 * interval '1 second'`,
    });
    let stop = false;
    const sessions = [0, 1].map(() => new SQL(stored.url, { max: 1 }));
    const writers = sessions.map(async (sql, writer) => {
      for (let batch = 0; !stop; batch++) await stored.add(`w${writer}-${batch}-`, 0, 20, {}, sql);
    });
    for (const order of ['newest', 'oldest']) {
      const seen = await open().walk(`limit=150&order=${order}`);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((uid) => uid.startsWith('old')).sort()).toEqual(names('old', 0, 2_000).sort());
    }
    stop = true;
    await Promise.all(writers);
    await Promise.all(sessions.map((sql) => sql.close()));
  });
});

describe('filters', () => {
  const numbers = async (walk: (query: string) => Promise<string[]>, query: string) =>
    (await walk(`limit=200&${query}`)).map((uid) => Number(uid.slice(1))).sort((a, b) => a - b);
  const range = (from: number, to: number, step = 1) =>
    Array.from({ length: Math.ceil((to - from) / step) }, (_, at) => from + at * step);

  test('each, and several at once', async () => {
    await addThreeBatches();
    // Stretches so short that each page takes several.
    for (const options of [{}, { stretches: [5, 10] }, { stretches: [5, 10], budgetMs: 0 }]) {
      const { walk } = open(options);
      const of = (query: string) => numbers(walk, query);
      expect(await of('customer_id=c3')).toEqual(range(3, 300, 10));
      expect(await of('track_number=T42')).toEqual([42]);
      expect(await of('delivery_service=rare')).toEqual(range(0, 300, 50));
      expect(await of('currency=EUR')).toEqual(range(1, 300, 2));
      expect(await of('amount_from=100&amount_to=200')).toEqual(range(10, 20));
      expect(await of('created_from=2026-01-02T00:00:00Z&created_to=2026-01-02T05:00:00%2B02:00')).toEqual(
        range(24, 27),
      );
      expect(await of('stored_from=2026-01-01T00:02:00.123456Z')).toEqual(range(100, 300));
      expect(await of('stored_to=2026-01-01T00:02:00.123456Z')).toEqual(range(0, 100));
      expect(await of('stored_from=2026-01-01T00:02:00.123457Z&currency=USD')).toEqual(range(200, 300, 2));
      expect(await of('customer_id=c0&delivery_service=rare&amount_from=1000')).toEqual(range(100, 300, 50));
      expect(await of('customer_id=nobody')).toEqual([]);
      for (const order of ['newest', 'oldest']) {
        expect(
          await numbers((query) => walk(query.replace('limit=200', 'limit=3')), `currency=USD&order=${order}`),
        ).toEqual(range(0, 300, 2));
      }
    }
  });

  test('a filter nothing matches is answered in its time, page after page, however many orders there are', async () => {
    await stored.add('o', 0, 1_000, { stored_at: `now() + n * interval '1 ms'` });
    const { page } = open({ stretches: [100], budgetMs: 0 });
    const first = await page('currency=XXX');
    expect(first.orders).toEqual([]);
    expect(Date.parse(first.searched_to ?? '')).toBeGreaterThan(Date.now());
    let cursor = first.next_cursor;
    let pages = 1;
    for (; cursor !== null; pages++) cursor = (await page('currency=XXX', cursor)).next_cursor;
    expect(pages).toBe(10);
  });

  test('the orders of a customer come by the index, a long name included', async () => {
    const long = 'ü'.repeat(990);
    await stored.add('o', 0, 20, { customer_id: `'${long}' || n % 2` });
    expect((await open().walk(`customer_id=${encodeURIComponent(`${long}1`)}`)).length).toBe(10);
    await stored.sql.unsafe('set enable_seqscan = off');
    const plan = await stored.sql.unsafe(
      `explain select * from orders o where left(o.customer_id, 100) collate "C" = left('a', 100)`,
    );
    expect(JSON.stringify(plan)).toContain('orders_customer');
  });

  test('the beginning of an order_uid or a customer_id leads to its orders by an index, few or many', async () => {
    await stored.add('A', 0, 30, { customer_id: `'c' || n % 10`, stored_at: `now() + n * interval '1 ms'` });
    await stored.add('a', 0, 30, { customer_id: `'ü' || n`, stored_at: `now() - n * interval '1 ms'` });
    for (const options of [{}, { few: 0, stretches: [7], budgetMs: 0 }]) {
      const { walk } = open(options);
      expect((await walk('order_uid_prefix=A1&limit=5')).sort()).toEqual(['A1', ...names('A', 10, 20)]);
      expect(await walk('order_uid_prefix=B')).toEqual([]);
      expect((await walk('customer_id_prefix=c&limit=4')).length).toBe(30);
      expect(await walk('customer_id_prefix=%C3%BC2&order_uid_prefix=a2')).toEqual(['a2', ...names('a', 20, 30)]);
      expect((await walk('order_uid_prefix=a%27%25_')).length).toBe(0);
    }
    await stored.sql.unsafe('set enable_seqscan = off');
    const plan = async (where: string) =>
      JSON.stringify(await stored.sql.unsafe(`explain select from orders o ${where}`));
    expect(await plan(`where o.order_uid >= 'A' and o.order_uid < 'B'`)).toContain('orders_pkey');
    const customer = 'left(o.customer_id, 100) collate "C"';
    expect(await plan(`where ${customer} >= 'c' and ${customer} < 'd'`)).toContain('orders_customer');
  });

  test('a customer is found by the beginning of an id or of a word of the name, a track number by its own', async () => {
    await stored.add('o', 0, 6, {
      delivery_name: `(array['Ann Olsen', 'Пётр Иванов', 'Mary O''Hara', 'a.b (Ив)', 'Olaf', 'Anna-Maria'])[n + 1]`,
      customer_id: `case when n = 4 then 'ANN7' else 'x' end`,
    });
    const { walk } = open();
    const of = async (query: string) => (await walk(`limit=200&${query}`)).sort().join();
    const by = (customer: string) => of(`customer=${encodeURIComponent(customer)}`);
    expect(await by('ann')).toBe('o0,o4,o5');
    expect(await by(' OL ')).toBe('o0,o4');
    expect(await by('maria')).toBe('o5');
    expect(await by('hara')).toBe('o2');
    expect(await by('ИВ')).toBe('o1,o3');
    expect(await by('пётр  иван')).toBe('o1');
    expect(await by('а')).toBe('');
    expect(await by('a.b (')).toBe('o3');
    expect([await by('.'), await by('*'), await by('[a]'), await by('\\'), await by('lsen')]).toEqual([
      '',
      '',
      '',
      '',
      '',
    ]);
    expect(await of('track_number_prefix=t4')).toBe('o4');
    expect(await of('track_number_prefix=T&customer=mary')).toBe('o2');
  });

  test('what is no filter is refused, everything at once, and never reaches PostgreSQL', async () => {
    const { app } = open();
    const problems = async (query: string) => {
      const answer = await app.request(`/api/v1/orders?${query}`);
      const { violations } = await answer.json();
      return [answer.status, violations.map((one: { pointer: string }) => one.pointer).sort()];
    };
    expect(await problems('client=a&limit=0&amount_from=x')).toEqual([400, ['amount_from', 'client', 'limit']]);
    expect(await problems('created_from=2026-13-01T00:00:00Z')).toEqual([400, ['created_from']]);
    expect(await problems('stored_from=0000-01-01T00:00:00Z')).toEqual([400, ['stored_from']]);
    expect(await problems('customer_id=a%00b')).toEqual([400, ['customer_id']]);
    expect(await problems(`customer_id=a&customer_id=b`)).toEqual([400, ['customer_id']]);
    expect(await problems('order=random')).toEqual([400, ['order']]);
    for (const cursor of ['x', 'AAAA', '%27;drop+table+orders', '%F0%9F%92%A3', 'A'.repeat(801)])
      expect(await problems(`cursor=${cursor}`)).toEqual([400, ['cursor']]);
  });

  test('a cursor of another filter is refused', async () => {
    await addThreeBatches();
    const { page } = open();
    const { next_cursor } = await page('currency=USD');
    await page('currency=USD', next_cursor);
    await expect(page('currency=EUR', next_cursor)).rejects.toThrow('cursor');
    await expect(page('currency=USD&order=oldest', next_cursor)).rejects.toThrow('cursor');
  });
});
