/**
 * A consumer process that kills itself with SIGKILL at a named point of the write path: takes `{ place, at }` as JSON.
 * It ends with its standard input, too, so that it can't outlive its test.
 */
import type { OrderSink } from '../../src/consumer/batch-storer.ts';
import type { BatchResult, OrderBatch } from '../../src/storage/postgresql/order-writer.ts';
import { type ConsumerHooks, type ConsumerPlace, startComposed } from './compose-consumer.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { KillPoint } from './kill-points.ts';

interface ChildSettings {
  readonly place: ConsumerPlace;
  readonly at: KillPoint;
}

const { place, at }: ChildSettings = JSON.parse(process.argv[2] ?? '');
const proxy = await FaultProxy.inFrontOf(place.databaseUrl);
if (at === 'between the COPYs') void proxy.onPattern('copy order_items', 'call').then(die);
if (at === 'before COMMIT') void proxy.onPattern('COMMIT', 'reset-before').then(die);
if (at === 'after COMMIT, before its answer') void proxy.onPattern('COMMIT', 'reset-at-answer').then(die);
if (at === 'while changed orders are replaced') void proxy.onPattern('delete from orders', 'call').then(die);

process.stdin.on('end', () => process.exit()).resume();
const hooks: ConsumerHooks = {
  sink: (sink) => ({ write: (batch) => write(sink, batch) }),
  send: (send) => async (letters) => {
    dieAt('before the dead letters');
    await send(letters);
    dieAt('after the dead letters');
  },
};
startComposed({ ...place, databaseUrl: proxy.urlOf(place.databaseUrl) }, { maxBatchOrders: 100 }, hooks);

async function write(sink: OrderSink, batch: OrderBatch): Promise<BatchResult> {
  dieAt('before BEGIN');
  const result = await sink.write({
    topicId: batch.topicId,
    moves: batch.moves,
    slices: (rows) => dyingSlices(batch.slices(rows)),
    beforeCommit: (changed) => batch.beforeCommit(changed),
  });
  dieAt('after COMMIT, before the commit to Kafka');
  return result;
}

function* dyingSlices(slices: Iterable<void>): Iterable<void> {
  dieAt('after the offsets moved');
  for (const _ of slices) {
    yield;
    dieAt('in the middle of the first COPY');
  }
}

function dieAt(point: KillPoint): void {
  if (at === point) die();
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
