import { afterAll, beforeAll, expect, test } from 'bun:test';
import { ITEM_STATUS, type OrderState } from '../../src/order/states.ts';
import type { Database } from '../../src/storage/postgresql/database.ts';
import { OrderExpiry } from '../../src/storage/postgresql/order-expiry.ts';
import { PostgresOrderListing } from '../../src/storage/postgresql/order-listing.ts';
import { StoredStates } from '../../src/storage/postgresql/state-counts.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { openDatabase } from '../helpers/read-side.ts';
import { messageOf, sampleOrder } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import { WritePath } from '../helpers/write-path.ts';

const COUNT = 60;
let path: WritePath;
let database: Database;
let states: StoredStates;
let app: ReturnType<FakeBackend['app']>;

/** Order number n as it is in a state, of two items. */
const inState = (n: number, ...statuses: number[]) => {
  const order = sampleOrder(`s${n}`, 2);
  return { ...order, items: order.items.map((item, at) => ({ ...item, status: statuses[at] ?? statuses[0] ?? 0 })) };
};
const send = async (orders: readonly ReturnType<typeof inState>[]) => {
  await path.send(orders.map((order) => messageOf(order)));
  await path.drained();
};
/** The states with orders, as the API counts them; what it says must be what the tables say. */
const counted = async (): Promise<Partial<Record<OrderState, number>>> => {
  const answer = await app.request('/api/v1/orders/states');
  expect(answer.status).toBe(200);
  const { states: figures, total, unknown } = await answer.json();
  const found = Object.fromEntries(
    figures.flatMap((one: { state: OrderState; orders: number }) => (one.orders > 0 ? [[one.state, one.orders]] : [])),
  );
  const rows: { state: string | null; orders: number }[] = await path.sql`
    select state, count(*)::int as orders from orders group by state`;
  const stored = Object.fromEntries(rows.flatMap(({ state, orders }) => (state === null ? [] : [[state, orders]])));
  expect(found).toEqual(stored);
  expect(unknown).toBe(rows.find(({ state }) => state === null)?.orders ?? 0);
  expect(total).toBe(rows.reduce((sum, { orders }) => sum + orders, 0));
  return found;
};
const listed = async (query: string, limit = 7): Promise<string[]> => {
  const uids: string[] = [];
  for (let cursor = ''; ; ) {
    const answer = await app.request(`/api/v1/orders?${query}&limit=${limit}${cursor}`);
    expect(answer.status).toBe(200);
    const { orders, next_cursor } = await answer.json();
    for (const order of orders) uids.push(`${order.order_uid} ${order.state}`);
    if (next_cursor === null) return uids;
    cursor = `&cursor=${next_cursor}`;
  }
};

beforeAll(async () => {
  path = await WritePath.open();
  database = openDatabase(path.place.databaseUrl);
  states = new StoredStates(database);
  app = new FakeBackend().app({ states, listing: new PostgresOrderListing(database) });
  path.start();
  const { placed } = ITEM_STATUS;
  await send(Array.from({ length: COUNT }, (_, n) => inState(n, placed)));
});

afterAll(async () => {
  await database.close();
  await path.close();
});

test('the counts follow orders that are born, change, come twice and are deleted', async () => {
  expect(await counted()).toEqual({ placed: COUNT });
  const { paid, delivered, returned, placed } = ITEM_STATUS;
  await send([
    ...Array.from({ length: 20 }, (_, n) => inState(n, paid)),
    // Within one batch the last version counts; one that is the same changes nothing.
    inState(3, delivered),
    inState(4, delivered, returned),
    inState(30, placed),
    inState(COUNT, 77),
    inState(COUNT + 1, paid),
  ]);
  expect(await counted()).toEqual({ placed: 40, paid: 19, delivered: 1, partly_returned: 1, other: 1 });
  await path.sql`update orders set stored_at = now() - interval '2 days' where order_uid in ('s3', 's40')`;
  const gone = await new OrderExpiry(database, { days: 1, noteChanges: false }).deleteOldest(10);
  expect([...gone.orderUids].sort()).toEqual(['s3', 's40']);
  expect(await counted()).toEqual({ placed: 39, paid: 19, partly_returned: 1, other: 1 });
});

test('a list by state has each of its orders once, from page to page, newest or oldest first', async () => {
  const rows: { order_uid: string; state: string }[] = await path.sql`
    select order_uid, state from orders order by stored_at desc, source_offset desc, order_uid desc`;
  const wanted = (...some: string[]) =>
    rows.filter(({ state }) => some.includes(state)).map(({ order_uid, state }) => `${order_uid} ${state}`);
  expect(wanted('paid')).toHaveLength(19);
  expect(await listed('state=paid')).toEqual(wanted('paid'));
  expect(await listed('state=other,paid,partly_returned')).toEqual(wanted('other', 'paid', 'partly_returned'));
  expect(await listed('state=paid&state=placed&order=oldest')).toEqual(wanted('paid', 'placed').reverse());
  expect(await listed('state=paid&currency=USD')).toEqual(wanted('paid'));
  expect(await listed('state=refunded')).toEqual([]);
  expect((await app.request('/api/v1/orders?state=nonsense')).status).toBe(400);
  const csv = await (await app.request('/api/v1/orders.csv?state=other')).text();
  expect(csv.trimEnd().split('\r\n')).toHaveLength(2);
});

test('orders that an earlier version stored are found, and their states are worked out while others write', async () => {
  await path.sql`update orders set state = null where order_uid in ('s1', 's4', 's50', 's60')`;
  // As after that version: it knows nothing of the counts.
  await path.sql`update order_state_counts set orders = orders + 5 where state = 'placed'`;
  const before = await listed('state=paid,partly_returned,other', 2);
  expect(before.filter((one) => /^s(1|4|60) /.test(one)).sort()).toEqual([
    's1 paid',
    's4 partly_returned',
    's60 other',
  ]);
  expect((await app.request('/api/v1/orders?limit=200')).status).toBe(200);
  await path.sql.begin(async (tx) => {
    await tx`select from orders where order_uid = 's4' for update`;
    expect(await states.workOut(100)).toBe(3);
  });
  expect(await states.anyUnknown()).toBe(true);
  expect([await states.workOut(100), await states.workOut(100)]).toEqual([1, 0]);
  expect(await listed('state=paid,partly_returned,other', 2)).toEqual(before);
  expect(await states.recount()).toBe(true);
  expect(await counted()).toEqual({ placed: 39, paid: 19, partly_returned: 1, other: 1 });
});

test('counting all orders while they are written leaves the counts right', async () => {
  let [sent, counts] = [0, 0];
  const sending = (async () => {
    for (; counts < 5; sent += 1)
      await path.send([messageOf(inState(1_000 + sent, 100)), messageOf(inState(sent % 30, 200 + (sent % 3)))]);
  })();
  while (counts < 5) if (await states.recount()) counts += 1;
  await sending;
  await path.drained();
  await until(async () => (await states.figures()).countedAgeMs !== undefined, 10_000);
  expect((await counted()).placed).toBeGreaterThanOrEqual(sent);
});
