import { expect, test } from 'bun:test';
import { FakeBackend } from '../../../../test/helpers/app-under-test.ts';

const STORED = '2026-01-15T12:00:00.000Z';

async function stepsOf(producedAt: string, beganAt = STORED) {
  const trail = {
    topic: 'orders',
    partition: 0,
    offset: 3,
    createdAt: producedAt,
    producedAt,
    beganAt,
    committedAt: undefined,
  };
  const app = new FakeBackend().app({ trails: { find: async () => trail } });
  const answer = await app.request('/api/v1/orders/o1/journey');
  return (await answer.json()).steps;
}

test('a time that can’t be is shown as such, and no time is counted from it', async () => {
  for (const absurd of ['1970-01-01T00:00:00.001Z', '9999-12-31T23:59:59.999Z', '2026-01-15T14:00:00Z']) {
    expect(await stepsOf(absurd)).toEqual([
      { step: 'produced', at: absurd, unbelievable: true },
      { step: 'storing', at: STORED },
    ]);
  }
});

test('an order that waited for long, and a clock a little ahead, are as they are', async () => {
  expect((await stepsOf('2026-01-01T12:00:00Z'))[1]).toEqual({
    step: 'storing',
    at: STORED,
    since_previous_ms: 14 * 24 * 3_600_000,
  });
  expect((await stepsOf('2026-01-15T12:00:00.020Z'))[1]?.since_previous_ms).toBe(-20);
});
