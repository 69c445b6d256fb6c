import { expect, test } from 'bun:test';
import { FakeBackend } from '../../../../test/helpers/app-under-test.ts';

const PATH = '/api/v1/verifications';

function setUp() {
  const app = new FakeBackend().app();
  return async (path: string, body?: unknown) => {
    const response = await app.request(path, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    });
    return {
      status: response.status,
      location: response.headers.get('location'),
      json: await response.json(),
    };
  };
}

test('one is started, looked at and cancelled; a second one waits for its end', async () => {
  const ask = setUp();
  expect(await ask(PATH)).toMatchObject({ status: 200, json: { verifications: [] } });
  const first = await ask(PATH, { wait_s: 0 });
  expect(first).toMatchObject({ status: 202, location: `${PATH}/1`, json: { state: 'running' } });
  expect(await ask(PATH, {})).toMatchObject({
    status: 409,
    location: `${PATH}/1`,
    json: { type: '/problems/verification-running', running: `${PATH}/1` },
  });
  expect(await ask(`${PATH}/1`)).toMatchObject({ status: 200, json: { id: 1, progress: { done: 5 } } });
  expect(await ask(`${PATH}/1/report.txt`)).toMatchObject({
    status: 409,
    json: { type: '/problems/verification-without-report' },
  });
  expect(await ask(`${PATH}/1/cancel`, {})).toMatchObject({ status: 200, json: { state: 'cancelled' } });
  expect(await ask(PATH, {})).toMatchObject({ status: 202, location: `${PATH}/2` });
});

test('what is not there, or not asked rightly, is said', async () => {
  const ask = setUp();
  expect(await ask(`${PATH}/7`)).toMatchObject({ status: 404 });
  expect(await ask(`${PATH}/7/report.txt`)).toMatchObject({ status: 404 });
  expect(await ask(`${PATH}/7/cancel`, {})).toMatchObject({ status: 404 });
  expect(await ask(`${PATH}/x`)).toMatchObject({ status: 400 });
  expect(await ask(PATH, { wait_s: -1, more: 1 })).toMatchObject({ status: 422 });
});
