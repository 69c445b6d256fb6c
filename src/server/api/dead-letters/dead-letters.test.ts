import { describe, expect, test } from 'bun:test';
import Value from 'typebox/value';
import { FakeBackend } from '../../../../test/helpers/app-under-test.ts';
import { fakeOperations } from '../../../../test/helpers/fake-operations.ts';
import { AppError } from '../../../lib/app-error.ts';
import { timelineRange } from './dead-letters.ts';
import { RedriveLineSchema } from './redrive-schemas.ts';

const URL_ = '/api/v1/dead-letters';
const NOW = 1_760_000_000_000;
const JSON_TYPE = { 'content-type': 'application/json' };

function setUp(changes: Parameters<FakeBackend['app']>[0] = {}) {
  const backend = new FakeBackend();
  const app = backend.app({ now: () => NOW, ...changes });
  const redrive = (body: unknown) =>
    app.request(`${URL_}/redrive`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });
  return { backend, app, redrive, control: backend.deadLetters };
}

describe('asking', () => {
  test('filters become what they mean', async () => {
    const { app, control } = setUp();
    const query = 'reason=schema&reason=unknown&since=15m&until=2026-01-02T03:04:05Z&key=a%20b&limit=7&cursor=c';
    expect((await app.request(`${URL_}?${query}`)).status).toBe(200);
    await app.request(URL_);
    await app.request(`${URL_}/counts?reason=tombstone`);
    await app.request(`${URL_}/3:17`);
    await app.request(`${URL_}/redriven?position=3:18`);
    await app.request(`${URL_}/timeline?since=2m&bucket_s=30&reason=schema`);
    expect(control.asked).toEqual([
      {
        list: {
          reasons: ['schema', 'unknown'],
          since: NOW - 900_000,
          until: Date.UTC(2026, 0, 2, 3, 4, 5),
          key: 'a b',
        },
        limit: 7,
        cursor: 'c',
      },
      { list: {}, limit: 50, cursor: undefined },
      { counts: { reasons: ['tombstone'] } },
      { find: { partition: 3, offset: 17 } },
      { fate: { partition: 3, offset: 18 } },
      { timeline: { filter: { reasons: ['schema'], since: NOW - 120_000, until: NOW }, bucketMs: 30_000 } },
    ]);
  });

  test('what is not understood is refused, a mistyped filter too', async () => {
    const { app, control } = setUp();
    const wrong = [
      '?reson=schema',
      '?reason=because',
      '?since=yesterday',
      '?limit=0',
      '?limit=501',
      '/counts?limit=3',
      '/timeline?since=15m&until=1h',
      '/timeline?since=7d&bucket_s=1',
      '/redriven?position=3',
      '/redriven',
      '/x',
    ];
    for (const one of wrong) expect((await app.request(URL_ + one)).status).toBe(400);
    expect(control.asked).toEqual([]);
    control.empty = true;
    expect((await app.request(`${URL_}?cursor=old`)).status).toBe(400);
    expect((await (await app.request(`${URL_}/3:17`)).json()).type).toBe('/problems/dead-letter-not-found');
  });
});

describe('redriving', () => {
  test('by positions, by filter, or all', async () => {
    const { redrive, control } = setUp();
    expect((await redrive({ positions: ['1:2'], dry_run: true, max_replays: 5, again: true })).status).toBe(200);
    await redrive({ filter: { reason: ['schema'], since: '1h' } });
    await redrive({ all: true, cursor: 'c' });
    const plain = { dryRun: false, maxReplays: 3, again: false, edit: undefined, cursor: undefined };
    expect(control.asked).toEqual([
      {
        redrive: {
          selection: { positions: [{ partition: 1, offset: 2 }] },
          dryRun: true,
          maxReplays: 5,
          again: true,
          edit: undefined,
          cursor: undefined,
        },
      },
      { redrive: { ...plain, selection: { filter: { reasons: ['schema'], since: NOW - 3_600_000 } } } },
      { redrive: { ...plain, selection: { filter: {} }, cursor: 'c' } },
    ]);
  });

  test('never by accident: everything must be asked for', async () => {
    const { redrive, control } = setUp();
    const wrong = [
      {},
      { filter: {} },
      { all: false },
      { all: true, filter: { key: 'a' } },
      { positions: [] },
      { positions: ['1'] },
      { al: true },
      [],
    ];
    for (const body of wrong) expect((await redrive(body)).status).toBe(422);
    expect(control.asked).toEqual([]);
  });

  test('edited: by a patch, or with JSON or bytes in the place of one value', async () => {
    const { redrive, control } = setUp();
    const patch = [{ op: 'remove', path: '/a' }];
    await redrive({ all: true, edit: { patch } });
    await redrive({ positions: ['1:2'], edit: { value: { a: null } } });
    await redrive({ positions: ['1:2'], edit: { value_base64: '/w==' } });
    expect(control.asked).toMatchObject([
      { redrive: { edit: { patch } } },
      { redrive: { edit: { bytes: Buffer.from('{"a":null}') } } },
      { redrive: { edit: { bytes: Buffer.from([0xff]) } } },
    ]);
    expect((await redrive({ all: true, edit: { value: 1 } })).status).toBe(422);
    expect((await redrive({ positions: ['1:2', '1:3'], edit: { value_base64: '' } })).status).toBe(422);
    expect((await redrive({ positions: ['1:2'], edit: { value: 1, patch } })).status).toBe(422);
    control.failure = new AppError('usage', 'the edit is none');
    expect((await (await redrive({ all: true, edit: { patch } })).json()).violations).toMatchObject([
      { pointer: '/edit' },
    ]);
  });

  test('while another one does it: 503 with Retry-After', async () => {
    const { redrive, control } = setUp();
    control.failure = new AppError('busy', 'another process');
    const answer = await redrive({ all: true });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await answer.json()).type).toBe('/problems/dead-letters-busy');
  });
});

describe('telling of the progress', () => {
  const lines = async (response: Response) =>
    (await response.text())
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  const all = (app: ReturnType<typeof setUp>['app']) =>
    app.request(`${URL_}/redrive.ndjson`, { method: 'POST', headers: JSON_TYPE, body: '{"all":true}' });

  test('a line at once and one for each part, the result at the end', async () => {
    const operations = fakeOperations();
    const notes: unknown[] = [];
    operations.listeners.add({ sample: () => {}, note: (note) => notes.push(note) });
    const { app } = setUp({ operations });
    const said = await lines(await all(app));
    expect(notes).toMatchObject([{ kind: 'redriven', count: 2 }]);
    for (const line of said) expect([line, Value.Check(RedriveLineSchema, line)]).toEqual([line, true]);
    expect(said).toMatchObject([
      { progress: { passed: 0, total: 2, counts: {} } },
      { result: { complete: true, counts: {} } },
    ]);
  });

  test('what fails is the last line, an edit that is none a problem', async () => {
    const { app, control } = setUp();
    const last = async () => (await lines(await all(app))).at(-1);
    control.failure = new AppError('busy', 'another process');
    expect(await last()).toEqual({ result: { complete: false, reason: 'dead-letters-busy' } });
    control.failure = undefined;
    control.failureLater = new AppError('kafka_unavailable', 'gone');
    expect(await last()).toEqual({ result: { complete: false, reason: 'kafka-unavailable' } });
    control.empty = true;
    expect(await last()).toEqual({ result: { complete: false, reason: 'invalid-body' } });
  });

  test('a client that goes away ends it', async () => {
    const { app, control } = setUp();
    const reader = (await all(app)).body?.getReader();
    await reader?.read();
    expect(control.asked).not.toContain('ended');
    await reader?.cancel();
    expect(control.asked).toContain('ended');
  });
});

describe('a file', () => {
  test('has a letter a line, as JSON or as CSV that runs in no spreadsheet', async () => {
    const { app, control } = setUp();
    const json = await app.request(`${URL_}.ndjson?reason=schema&since=15m`);
    expect(json.headers.get('content-disposition')).toBe('attachment; filename="dead-letters.ndjson"');
    const said = (await json.text()).trimEnd().split('\n');
    expect(said.map((line): unknown => JSON.parse(line))).toMatchObject([
      { position: '3:17', order_uid: 'a', value: {}, redriven_at: null },
      { redriven_at: '2026-01-02T03:04:05.678Z' },
    ]);
    expect(control.asked).toEqual([{ export: { reasons: ['schema'], since: NOW - 900_000 } }, 'ended']);
    const csv = (await (await app.request(`${URL_}.csv`)).text()).split('\r\n');
    expect(csv).toEqual([
      'position,at,reason,detail,order_uid,key,source_topic,source_position,replays,redriven_at,value',
      '3:17,2026-01-02T03:04:05.678Z,schema,/: must be object,a,a,orders,0:5,0,,{}',
      expect.stringContaining('2026-01-02T03:04:05.678Z,{}'),
      '',
    ]);
  });

  test('is a 503 when nothing can be read, and ends when the client goes away', async () => {
    const { app, control } = setUp();
    control.failure = new AppError('kafka_unavailable', 'gone');
    expect((await app.request(`${URL_}.ndjson`)).status).toBe(503);
    expect((await app.request(`${URL_}.csv?since=yesterday`)).status).toBe(400);
    control.failure = undefined;
    for (let time = 0; time < 3; time++) {
      const answer = await app.request(`${URL_}.ndjson`);
      await answer.body?.cancel();
    }
    expect(control.asked.filter((one) => one === 'ended')).toHaveLength(3);
    control.failureLater = new AppError('kafka_unavailable', 'gone');
    expect((await app.request(`${URL_}.ndjson`)).text()).rejects.toThrow();
  });
});

describe('the token', () => {
  const status = async (host: string, token: string, authorization?: string) => {
    const { app, control } = setUp({ host, token });
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const paths = ['', '/counts', '/3:17'];
    const answers = await Promise.all(paths.map((path) => app.request(URL_ + path, { headers })));
    answers.push(
      await app.request(`${URL_}/redrive`, {
        method: 'POST',
        headers: { ...JSON_TYPE, ...headers },
        body: '{"all":true}',
      }),
    );
    const statuses = new Set(answers.map((answer) => answer.status));
    expect(statuses.size).toBe(1);
    expect(control.asked.length > 0).toBe(statuses.has(200));
    return answers[0]?.status;
  };

  const TOKEN = 'a-token-to-be-kept-secret';

  test('is not asked for on the loopback, unless there is one', async () => {
    expect(await status('127.0.0.1', '')).toBe(200);
    expect(await status('127.0.0.1', TOKEN)).toBe(401);
    expect(await status('127.0.0.1', TOKEN, `Bearer ${TOKEN}`)).toBe(200);
  });

  test('is demanded everywhere else', async () => {
    expect(await status('0.0.0.0', TOKEN)).toBe(401);
    for (const wrong of [TOKEN.slice(1), `${TOKEN}2`].map((one) => `Bearer ${one}`))
      expect(await status('0.0.0.0', TOKEN, wrong)).toBe(401);
    for (const wrong of [`Basic ${TOKEN}`, TOKEN, 'Bearer']) expect(await status('0.0.0.0', TOKEN, wrong)).toBe(401);
    expect(await status('0.0.0.0', TOKEN, `bearer ${TOKEN}`)).toBe(200);
  });

  test('says what to do', async () => {
    const asked = await setUp({ host: '0.0.0.0', token: TOKEN }).app.request(URL_);
    expect(asked.headers.get('www-authenticate')).toBe('Bearer');
    expect((await asked.json()).detail).toContain('Authorization: Bearer');
  });
});

describe('the range of a timeline', () => {
  const HOUR = 3_600_000;

  test('the last hour by the minute, unless said otherwise', () => {
    expect(timelineRange({}, NOW)).toEqual({ since: NOW - HOUR, until: NOW, bucketMs: 60_000 });
    expect(timelineRange({ until: NOW - HOUR }, NOW)).toMatchObject({ since: NOW - 2 * HOUR });
  });

  test('any range gets a handful of round buckets', () => {
    for (const length of [1, 1_000, 61_000, HOUR, 25 * HOUR, 400 * 24 * HOUR, NOW]) {
      const range = timelineRange({ since: NOW - length }, NOW);
      if ('wrong' in range) throw new Error(range.message);
      expect(length / range.bucketMs).toBeLessThanOrEqual(60);
      expect(range.bucketMs % 1_000).toBe(0);
    }
    expect(timelineRange({ since: NOW - 24 * HOUR }, NOW)).toMatchObject({ bucketMs: 1_800_000 });
  });

  test('what can’t be counted is refused', () => {
    expect(timelineRange({ since: NOW, until: NOW }, NOW)).toMatchObject({ wrong: 'since' });
    expect(timelineRange({ bucketMs: 1_000 }, NOW)).toMatchObject({ wrong: 'bucket_s' });
    expect(timelineRange({ bucketMs: 4_000 }, NOW)).toMatchObject({ bucketMs: 4_000 });
  });
});
