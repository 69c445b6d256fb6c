import { expect, test } from 'bun:test';
import { until } from '../../test/helpers/until.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { retention } from './retention.ts';

/** So many old orders; the third deletion of them fails. */
function fakeExpiry(count: number) {
  let calls = 0;
  return {
    left: count,
    begin: async (): Promise<number | undefined> => undefined,
    async deleteOldest(limit: number) {
      calls += 1;
      if (calls === 3) throw new Error('away');
      const orderUids = Array.from({ length: Math.min(limit, this.left) }, (_, at) => `${calls}-${at}`);
      this.left -= orderUids.length;
      return { orderUids, note: `note ${calls}` };
    },
  };
}

test('a round deletes at most so many batches, and the next ones go on, also after an outage', async () => {
  const expiry = fakeExpiry(45);
  const told: (string | undefined)[] = [];
  const deletion = retention({
    expiry,
    days: 7,
    onDeleted: (_, note) => told.push(note),
    logger: silentLogger,
    everyMs: 1,
    batchOrders: 10,
    maxBatches: 2,
  });
  deletion.start();
  await until(() => expiry.left === 0, 20_000);
  await deletion.close();
  expect(told).toEqual(['note 1', 'note 2', 'note 4', 'note 5', 'note 6']);
});

test('a process with other days is warned of once, and a changed setting is none', async () => {
  const said: string[] = [];
  const logger = { ...silentLogger, info: note, warn: note };
  function note(fields: object, message: string): void {
    said.push(`${message} ${JSON.stringify(fields)}`);
  }
  const found = [30, undefined, 14, 14, undefined, 14];
  const expiry = { ...fakeExpiry(0), begin: async () => found.shift() };
  const deletion = retention({ expiry, days: 7, onDeleted: () => {}, logger, everyMs: 1 });
  deletion.start();
  await until(() => found.length === 0, 20_000);
  await deletion.close();
  const warning = 'another process has other retention.days: the fewest count {"days":7,"others":14}';
  expect(said.filter((line) => line.includes('"days"'))).toEqual([
    'retention has changed {"days":7,"before":30}',
    warning,
    warning,
  ]);
});
