import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sample from '../fixtures/order.json';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, startApp } from '../helpers/app-process.ts';
import { kcat, messages } from '../helpers/kcat.ts';
import { until } from '../helpers/until.ts';

const FIXTURE = join(import.meta.dirname, '../fixtures/order.json');

let place: AppPlace;
let app: AppProcess;
let up: unknown;

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
  app = startApp(['run', '--json'], { env: { ...place.env, TEST_SERVICE_PRODUCER_RATE: '20' } });
  up = await app.untilUp();
});

afterAll(async () => {
  await killRunning();
  await place.remove();
});

/** Sends one message with kcat, the file's bytes as they are. */
function send(file: string, key: string): Promise<string> {
  return kcat(place.engines.broker, ['-P', '-t', place.topic, '-k', key, file]);
}

describe('run', () => {
  test('says in JSON where everything is', () => {
    expect(up).toEqual({
      url: place.url,
      roles: ['producer', 'consumer', 'server'],
      engines: ['postgresql', 'kafka', 'redis'].map((engine) => ({
        engine,
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        state: 'in use',
      })),
    });
  });

  test('the first generated order is readable over REST', async () => {
    await until(async () => (await place.latest()).length === 1);
    const [first] = await place.latest();
    const response = await place.get(first?.order_uid ?? '');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ order_uid: first?.order_uid });
    // Redis comes into use a moment after the first request may be served.
    await until(async () => {
      const ready: unknown = await (await fetch(`${place.url}/readyz`)).json();
      expect(ready).toMatchObject({ status: 'ok' });
      return true;
    });
  });

  test('an order sent by kcat is readable within 2 s over both lookups, as it was sent', async () => {
    await send(FIXTURE, sample.order_uid);
    await until(async () => (await place.get(sample.order_uid)).status === 200, 2_000);
    const byGet = await place.get(sample.order_uid);
    expect(await byGet.json()).toEqual(sample);
    const byPost = await place.lookup(sample.order_uid);
    expect(byPost.status).toBe(200);
    expect(await byPost.json()).toEqual(sample);
    expect(byGet.headers.get('x-order-topic')).toBe(place.topic);
  });

  test('sent again, it changes nothing', async () => {
    const origin = async () => {
      const { headers } = await place.get(sample.order_uid);
      return ['x-order-offset', 'x-order-stored-at', 'etag'].map((name) => headers.get(name));
    };
    const rows = () =>
      place.query(`
        select (select count(*)::int from orders where order_uid = '${sample.order_uid}') as orders,
               (select count(*)::int from order_items where order_uid = '${sample.order_uid}') as items,
               (select xmin::text || ctid::text from orders where order_uid = '${sample.order_uid}') as version`);
    const before = [await origin(), await rows()];
    await send(FIXTURE, sample.order_uid);
    const produced = await place.produced();
    await until(async () => (await place.consumed()) >= produced);
    expect([await origin(), await rows()]).toEqual(before);
    expect(before[1]).toMatchObject([{ orders: 1, items: sample.items.length }]);
  });

  test('psql, redis-cli and kcat see the data where it is said to be', async () => {
    const [row] = await place.query(`
      select o.customer_id, o.payment_amount::int as amount, i.name, i.total_price::int as price
      from orders o join order_items i using (order_uid) where order_uid = '${sample.order_uid}'`);
    expect(row).toEqual({
      customer_id: sample.customer_id,
      amount: sample.payment.amount,
      name: sample.items[0]?.name,
      price: sample.items[0]?.total_price,
    });
    await place.get(sample.order_uid);
    const { redisUrl, broker } = place.engines;
    const keys = execFileSync('redis-cli', ['-u', redisUrl, '--scan', '--pattern', `${place.keyPrefix}:*`]);
    expect(String(keys).split('\n')).toContain(`${place.keyPrefix}:v2:order:${sample.order_uid}`);
    const sent = (await messages(broker, place.topic, '%k %h')).trim().split('\n');
    expect(sent.filter((line) => line.startsWith(`${sample.order_uid} `))).toHaveLength(2);
    expect(sent.filter((line) => /traceparent=/.test(line) && /produced-at=\d{13}/.test(line)).length).toBe(
      sent.length - 2,
    );
    const topics = await kcat(broker, ['-L']);
    for (const topic of [place.topic, place.deadLetterTopic])
      expect(topics).toContain(`topic "${topic}" with 3 partitions`);
  });

  test('what is not an order becomes a dead letter with the reason, and nothing else stops', async () => {
    await kcat(place.engines.broker, ['-P', '-t', place.topic, '-k', 'bad'], '{"order_uid": "bad"');
    const letter = async () => (await messages(place.engines.broker, place.deadLetterTopic, '%k|%s|%h')).trim();
    await until(async () => (await letter()) !== '');
    expect(await letter()).toMatch(/^bad\|\{"order_uid": "bad"\|.*dl-reason=not_json/);
    const produced = await place.produced();
    await until(async () => (await place.consumed()) >= produced);
  });

  test('an order sent by POST is stored like the others', async () => {
    const order = { ...JSON.parse(readFileSync(FIXTURE, 'utf8')), order_uid: 'sent-by-post' };
    const response = await fetch(`${place.url}/api/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    expect(response.status).toBe(202);
    await until(async () => (await place.get('sent-by-post')).status === 200);
    expect(await (await place.get('sent-by-post')).json()).toEqual(order);
  });

  test('a second copy on the same port says so and leaves, the first goes on', async () => {
    const second = await startApp(['serve', '--json'], { env: place.env }).exited;
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain(`port ${new URL(place.url).port} on 127.0.0.1 is in use`);
    expect((await fetch(`${place.url}/healthz`)).status).toBe(200);
  });

  test('SIGTERM ends it with exit code 0, every message accounted for', async () => {
    const exit = await app.stop();
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(exit.tookMs).toBeLessThan(10_000);
    expect(exit.stderr).not.toMatch(/"level":[56]0/);
    expect(exit.stdout.trim().split('\n')).toHaveLength(1);
    // The sample came twice, and one message was no order.
    expect(await place.orders()).toBe((await place.consumed()) - 2);
    await expect(fetch(`${place.url}/healthz`)).rejects.toThrow();
  });
});
