import { afterAll, expect, test } from 'bun:test';
import type { OrderSink } from '../../src/consumer/batch-storer.ts';
import { AppError } from '../../src/lib/app-error.ts';
import type { ComposedConsumer } from '../helpers/compose-consumer.ts';
import { messageOf, rawMessage, sampleOrder, sampleOrders } from '../helpers/sample-orders.ts';
import { until } from '../helpers/until.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
afterAll(() => paths.closeAll());

/** A promise and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}

/** A sink whose first write waits before it begins; every outcome is noted. */
function held(sink: OrderSink, gateOpened: Promise<void>, outcomes: string[], onHeld: () => void): OrderSink {
  let first = true;
  return {
    write: async (batch) => {
      if (first) {
        first = false;
        onHeld();
        await gateOpened;
      }
      try {
        const result = await sink.write(batch);
        outcomes.push('stored');
        return result;
      } catch (error) {
        outcomes.push(error instanceof AppError ? error.code : String(error));
        throw error;
      }
    },
  };
}

const partitionsOf = ({ consumer }: ComposedConsumer): readonly number[] => consumer.status().partitions;
const hasAll = (path: WritePath, one: ComposedConsumer): boolean => partitionsOf(one).length === path.partitions;

test('a zombie that wakes up with an old batch is fenced off: it changes nothing, not even a dead letter', async () => {
  const path = await paths.open({ partitions: 1 });
  const old = sampleOrders(100, 'order').map((order) => ({ ...order, locale: 'old' }));
  const young = old.map((order) => ({ ...order, locale: 'young' }));
  await path.send([...old.map((order) => messageOf(order)), rawMessage('bad')]);

  const wake = gate();
  const asleep = gate();
  const outcomes: string[] = [];
  // In another Kafka group, so that Kafka never takes its partition away: it believes to own it for good.
  const sink = (inner: OrderSink) => held(inner, wake.opened, outcomes, asleep.open);
  path.start({ kafkaGroup: `${path.place.group}-zombie` }, { sink });
  await asleep.opened;

  path.start();
  await path.drained();
  await path.send(young.map((order) => messageOf(order)));
  await path.drained();
  wake.open();
  await until(() => outcomes.length > 0, 30_000);
  expect(outcomes[0]).toBe('fenced');
  expect(await path.differencesFrom(young)).toEqual([]);
  expect(await path.deadLetters()).toHaveLength(1);

  // Both go on believing, and still every message counts once.
  const more = sampleOrders(500);
  for (let at = 0; at < more.length; at += 50) {
    await path.send(more.slice(at, at + 50).map((order) => messageOf(order)));
  }
  await path.drained();
  expect(await path.differencesFrom([...young, ...more])).toEqual([]);
});

test('a batch whose partitions are revoked before its commit is not committed', async () => {
  const path = await paths.open({ partitions: 2 });
  const orders = sampleOrders(200);
  await path.send(orders.map((order, at) => messageOf(order, { partition: at % 2 })));
  await path.send([rawMessage('bad')].map((message) => ({ ...message, partition: 1 })));
  const late = gate();
  const sending = gate();
  // Its dead letter is sent after all rows were written: the last thing before COMMIT.
  const slow = path.start(
    { transactionsInFlight: 1 },
    {
      send: (send) => async (letters) => {
        sending.open();
        await late.opened;
        await send(letters);
      },
    },
  );
  await sending.opened;
  expect(slow.consumer.status().written).toBeLessThanOrEqual(200);
  const before = slow.consumer.status().written;
  path.start();
  await until(() => partitionsOf(slow).length === 1, 60_000);
  const lost = partitionsOf(slow)[0] === 0 ? 1 : 0;
  late.open();
  await path.drained();
  expect(await path.differencesFrom(orders)).toEqual([]);
  if (lost === 1) expect(slow.consumer.status().deadLettered).toBe(0);
  expect(before).toBeLessThan(200);
  expect(new Set((await path.deadLetters()).map(({ source }) => source)).size).toBe(1);
});

test('1 → 3 → 1 consumers under load: every order is stored once', async () => {
  const path = await paths.open({ partitions: 6 });
  const orders = sampleOrders(12_000);
  let sent = 0;
  let producing = true;
  const produce = async (): Promise<void> => {
    for (; sent < orders.length; sent += 100) {
      await path.send(orders.slice(sent, sent + 100).map((order) => messageOf(order)));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    producing = false;
  };
  const first = path.start({ maxBatchOrders: 200 });
  await until(() => hasAll(path, first), 60_000);
  const produced = produce();
  const others = [path.start({ maxBatchOrders: 200 }), path.start({ maxBatchOrders: 200 })];
  const all = [first, ...others];
  await until(() => all.every((one) => partitionsOf(one).length === 2), 60_000);
  // One by one, each in the middle of its work.
  await others[0]?.close();
  await until(() => partitionsOf(first).length === 3, 60_000);
  await others[1]?.close();
  await until(() => hasAll(path, first), 60_000);
  await produced;
  expect(producing).toBe(false);
  await path.drained(60_000);
  expect(await path.differencesFrom(orders)).toEqual([]);
  const written = all.reduce((sum, { consumer }) => sum + consumer.status().written, 0);
  expect(written).toBe(orders.length);
  expect(await path.deadLetters()).toEqual([]);
});

test('a batch that fails is not passed by a later commit of its partition', async () => {
  const path = await paths.open({ partitions: 2 });
  // What a full disk says: trouble of the server, not of the data.
  await path.sql
    .unsafe(`create function disk_full() returns trigger language plpgsql as $$
    begin
      if new.customer_id = 'blocks' then raise exception 'no space left' using errcode = '53100'; end if;
      return new;
    end $$;
    create trigger disk_full before insert on orders for each row execute function disk_full()`)
    .simple();
  const blocked = sampleOrder('blocks', 1, { customer_id: 'blocks' });
  const [position] = await path.send([messageOf(blocked, { partition: 0 })]);
  const { close, consumer } = path.start({ maxBatchOrders: 10 });
  await until(() => consumer.status().waiting, 60_000);
  const orders = sampleOrders(200);
  await path.send(orders.map((order, at) => messageOf(order, { partition: at % 2 })));
  await until(() => consumer.status().stored.get(1) === 100, 60_000);
  const stuck = Number(position?.offset);
  expect(consumer.status().stored.get(0)).toBe(stuck);
  expect((await path.storedOrders()).size).toBe(100);
  await close();

  await path.sql`drop trigger disk_full on orders`;
  path.start();
  await path.drained();
  expect(await path.differencesFrom([blocked, ...orders])).toEqual([]);
  expect(await path.deadLetters()).toEqual([]);
});
