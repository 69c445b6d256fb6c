import { expect, test } from 'bun:test';
import { FakeBackend } from '../../../../test/helpers/app-under-test.ts';
import { fakeEngines } from '../../../../test/helpers/fake-engines.ts';
import { fakeOperations } from '../../../../test/helpers/fake-operations.ts';

function setUp() {
  const engines = fakeEngines();
  const operations = { ...fakeOperations(), engines };
  const notes: unknown[] = [];
  operations.listeners.add({ sample: () => {}, note: (note) => notes.push(note) });
  const app = new FakeBackend().app({ operations });
  const act = async (engine: string, body: unknown) => {
    const response = await app.request(`/api/v1/engines/${engine}/actions`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    return { status: response.status, json: await response.json() };
  };
  return { engines, app, act, notes };
}

test('all engines are listed', async () => {
  const response = await setUp().app.request('/api/v1/engines');
  const { engines } = (await response.json()) as { engines: { name: string; obstacle: string | null }[] };
  expect(engines.map(({ name, obstacle }) => [name, obstacle])).toEqual([
    ['postgresql', null],
    ['kafka', null],
    ['redis', 'elsewhere'],
  ]);
});

test('an answer says that it is done, or that it goes on', async () => {
  const { act, engines, notes } = setUp();
  expect(await act('kafka', { action: 'stop' })).toMatchObject({ status: 200, json: { name: 'kafka' } });
  expect(await act('kafka', { action: 'restart' })).toMatchObject({ status: 202 });
  expect(await act('kafka', { action: 'pause', seconds: 3 })).toMatchObject({ status: 200 });
  expect(engines.orders.at(-1)).toEqual({ action: 'pause', forMs: 3_000 });
  expect(notes).toMatchObject(
    ['stop', 'restart', 'pause'].map((action) => ({ kind: 'engine_action', engine: 'kafka', action })),
  );
});

test('what can not be done is refused with what to do', async () => {
  const { act, engines, notes } = setUp();
  expect(await act('redis', { action: 'kill' })).toMatchObject({
    status: 409,
    json: { type: '/problems/engine-elsewhere', detail: expect.stringMatching(/^Redis runs elsewhere/) },
  });
  expect(await act('postgresql', { action: 'stop' })).toMatchObject({
    status: 409,
    json: { type: '/problems/engine-busy' },
  });
  expect(await act('postgresql', { action: 'pause' })).toMatchObject({
    status: 409,
    json: { type: '/problems/engine-not-running' },
  });
  expect([engines.orders, notes]).toEqual([[], []]);
});

test('a failure says why', async () => {
  expect(await setUp().act('postgresql', { action: 'start' })).toMatchObject({
    status: 503,
    json: { type: '/problems/engine-failed', detail: 'no space left' },
  });
});

test('unknown engines, unknown actions and endless pauses are not understood', async () => {
  const { act } = setUp();
  expect((await act('oracle', { action: 'stop' })).status).toBe(400);
  expect((await act('kafka', { action: 'explode' })).status).toBe(422);
  expect((await act('kafka', { action: 'pause', seconds: 61 })).status).toBe(422);
});
