import { afterAll, beforeAll, expect, test } from 'bun:test';
import { PostgresOrderTrails } from '../../src/storage/postgresql/order-trail.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { StoredOrders } from '../helpers/stored-orders.ts';

let stored: StoredOrders;

beforeAll(async () => {
  stored = await StoredOrders.open();
  await stored.add('o', 0, 3, { produced_at: `now() - interval '5 ms'` });
});

afterAll(() => stored.close());

test('the steps of an order, in their order, with the time of the commit', async () => {
  const app = new FakeBackend().app({ trails: new PostgresOrderTrails(stored.database) });
  const answer = await app.request('/api/v1/orders/o1/journey');
  expect(answer.status).toBe(200);
  const journey = await answer.json();
  expect(journey).toMatchObject({ order_uid: 'o1', topic: 'orders', partition: 1, offset: 0 });
  const steps: { step: string; at: string; since_previous_ms?: number }[] = journey.steps;
  expect(steps.map((one) => one.step)).toEqual(['produced', 'storing', 'readable']);
  expect(steps[1]?.since_previous_ms).toBe(5);
  expect(steps[2]?.since_previous_ms).toBeGreaterThanOrEqual(0);
  expect((await app.request('/api/v1/orders/absent/journey')).status).toBe(404);
});
