import { expect, test } from 'bun:test';
import { until } from '../../test/helpers/until.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { stateKeeping } from './state-keeping.ts';

/** So many orders whose state is not known, counted so long ago; the first count fails. */
function fakeStates(unknown: number, countedAgeMs: number | undefined) {
  return {
    unknown,
    countedAgeMs,
    batches: [] as number[],
    counts: 0,
    async figures() {
      return { counts: new Map(), unknown: this.unknown, countedAgeMs: this.countedAgeMs };
    },
    async anyUnknown() {
      return this.unknown > 0;
    },
    async workOut(limit: number) {
      const done = Math.min(limit, this.unknown);
      this.unknown -= done;
      this.batches.push(done);
      return done;
    },
    async recount() {
      this.counts += 1;
      if (this.counts === 1) throw new Error('away');
      this.countedAgeMs = 0;
      return true;
    },
  };
}

async function keep(states: ReturnType<typeof fakeStates>, done: () => boolean): Promise<void> {
  const keeping = stateKeeping({ states, logger: silentLogger, everyMs: 1, batchOrders: 10 });
  keeping.start();
  await until(done, 20_000);
  await keeping.close();
}

test('states are worked out in batches, then all orders are counted, again after an outage', async () => {
  const states = fakeStates(25, undefined);
  await keep(states, () => states.counts === 2);
  expect(states.batches).toEqual([10, 10, 5, 0]);
});

test('orders that were counted within the last day are not counted again', async () => {
  const states = fakeStates(0, 1_000);
  let looks = 0;
  const figures = states.figures.bind(states);
  states.figures = () => {
    looks += 1;
    return figures();
  };
  await keep(states, () => looks > 3);
  expect(states.counts).toBe(0);
  states.countedAgeMs = 90_000_000;
  await keep(states, () => states.counts === 2);
});
