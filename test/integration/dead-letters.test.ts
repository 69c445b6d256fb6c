import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Type from 'typebox';
import Value from 'typebox/value';
import { loadConfig } from '../../src/cmd/app/config.ts';
import { deadLetterControl } from '../../src/cmd/app/dead-letter-clients.ts';
import type { RecordHeaders } from '../../src/contract/letter.ts';
import { FateSchema, RedriveAnswerSchema } from '../../src/server/api/dead-letters/redrive-schemas.ts';
import {
  LetterCountsSchema,
  type LetterJson,
  LetterPageSchema,
  LetterSchema,
  type LetterSummaryJson,
  LetterTimelineSchema,
} from '../../src/server/api/dead-letters/schemas.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { commandEnvironment, runCommand } from '../helpers/command-line.ts';
import { messageOf, rawMessage, sampleOrder } from '../helpers/sample-orders.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';
import { readAll, WritePath } from '../helpers/write-path.ts';

const FUTURE = new Date(Date.now() + 30 * 86_400_000).toISOString();
const folder = createTempDir();
let path: WritePath;

/** The command's standard output; it must succeed. */
async function cli(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(path.place, ['dead-letters', ...args]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function documents<T>(...args: string[]): Promise<T[]> {
  return (await cli(...args))
    .split('\n')
    .filter((line) => line !== '')
    .map((line): T => JSON.parse(line));
}

async function letterOf(key: string, replays = 0): Promise<LetterSummaryJson> {
  const found = await documents<LetterSummaryJson>('list', '--json', '--key', key);
  const letter = found.find((one) => one.replays === replays);
  if (letter === undefined) throw new Error(`no letter of ${key} with ${replays} replays`);
  return letter;
}

/** Waits until the consumer has stored or rejected all there is. */
async function lettersCount(count: number): Promise<void> {
  await until(async () => (await path.deadLetters()).length >= count, 40_000, 100);
}

function file(name: string, content: string): string {
  const full = join(folder.path, name);
  writeFileSync(full, content);
  return full;
}

/** A name that comes twice, a value that is none, and a name and a value that are no text. */
const CARRIED: RecordHeaders = [
  [Buffer.from('trace'), Buffer.from('1')],
  [Buffer.from('nothing'), null],
  [Buffer.from('trace'), Buffer.from('2')],
  [Buffer.from([0xff]), Buffer.from([0xfe])],
];
const spaced = JSON.stringify(sampleOrder('edited', 1, { date_created: FUTURE }), undefined, 1);

beforeAll(async () => {
  path = await WritePath.open();
  path.start();
  await path.send([
    messageOf(sampleOrder('good')),
    rawMessage('{"half": ', 'broken'),
    rawMessage(Buffer.from([0xff, 0x00, 0x1b, 0x5b]), 'bytes'),
    rawMessage(null, 'nothing'),
    { ...rawMessage(spaced, 'edited'), carried: CARRIED },
    messageOf(sampleOrder('later', 1, { date_created: FUTURE })),
    messageOf(sampleOrder('replaced', 1, { date_created: FUTURE })),
    messageOf(sampleOrder('other', 1, { date_created: FUTURE })),
  ]);
  await lettersCount(7);
  await path.sender.send(path.place.deadLetterTopic, [rawMessage('a stranger', 'foreign')]);
});

afterAll(async () => {
  await path.close();
  folder.remove();
});

describe('looking', () => {
  test('list filters, counts by reason, and shows no control characters', async () => {
    const table = await cli('list');
    expect(table).toContain('8 dead letters, 0 of them redriven');
    expect(table).toMatch(/future_date +4/);
    expect(table).toMatch(/unknown +1/);
    const reasons = await documents<LetterSummaryJson>(
      'list',
      '--json',
      '--reason',
      'not_json',
      '--reason',
      'tombstone',
    );
    expect(reasons.map(({ key }) => key).sort()).toEqual(['broken', 'nothing']);
    expect(await documents('list', '--json', '--until', '1h')).toEqual([]);
    expect(await documents('list', '--json', '--since', '1h', '--limit', '3')).toHaveLength(3);
    const wrong = await runCommand(path.place, ['dead-letters', 'list', '--since', 'yesterday']);
    expect([wrong.code, wrong.stderr.includes('15m')]).toEqual([2, true]);
  });

  test('show gives the value: JSON indented, bytes as a dump, raw as it is', async () => {
    const json = await cli('show', (await letterOf('edited')).position);
    expect(json).toContain('"order_uid": "edited"');
    const { position } = await letterOf('bytes');
    expect(await cli('show', position)).toContain('ff 00 1b 5b');
    const { stdout } = Bun.spawnSync(
      [process.execPath, 'src/cmd/app/main.ts', 'dead-letters', 'show', position, '--raw'],
      { env: { ...process.env, ...commandEnvironment(path.place) }, stderr: 'ignore' },
    );
    expect([...stdout]).toEqual([0xff, 0x00, 0x1b, 0x5b]);
    expect((await runCommand(path.place, ['dead-letters', 'show', '0:999'])).stderr).toContain('no dead letter');
  });

  test('an export gives every byte back', async () => {
    const target = join(folder.path, 'letters.ndjson');
    await cli('export', target);
    const lines = (await Bun.file(target).text()).trimEnd().split('\n');
    const exported = lines.map((line): LetterJson => JSON.parse(line));
    const originals = await path.deadLetters();
    expect(exported).toHaveLength(originals.length);
    for (const [at, letter] of exported.entries()) {
      const original = originals[at]?.value ?? null;
      const bytes =
        letter.value_base64 !== undefined
          ? Buffer.from(letter.value_base64, 'base64')
          : letter.value === undefined
            ? null
            : Buffer.from(JSON.stringify(letter.value));
      expect(bytes?.toString('hex')).toBe(original?.toString('hex'));
      expect(letter.headers).toContainEqual({ name: 'content-type', value: 'application/json' });
      expect(letter.headers.filter(({ name }) => name.startsWith('dl-'))).toEqual([]);
    }
    expect(await documents('export', '-', '--key', 'broken')).toHaveLength(1);
  });
});

describe('redriving', () => {
  test('says what it needs', async () => {
    const run = (...args: string[]) => runCommand(path.place, ['dead-letters', 'redrive', ...args]);
    expect((await run()).code).toBe(2);
    expect((await run('0:1', '--all')).code).toBe(2);
    const replacement = file('replacement.json', '{}');
    expect((await run('--all', '--edit', replacement)).stderr).toContain('for one PARTITION:OFFSET');
    expect((await run('0:1', '--edit', file('bad.json', '[{"op":"jump"}]'))).stderr).toContain('RFC 6902');
    expect((await run('0:999')).code).toBe(1);
  });

  test('a dry run sends nothing', async () => {
    const before = (await readAll(path.kafka, path.place.topic)).length;
    expect(await cli('redrive', '--all', '--dry-run')).toContain('7 would_send');
    expect((await readAll(path.kafka, path.place.topic)).length).toBe(before);
    const rows: object[] = await path.sql`select 1 from dead_letter_redrives`;
    expect(rows).toHaveLength(0);
  });

  test('a message that is good by now is stored, with its key, bytes and headers', async () => {
    const { position } = await letterOf('edited');
    const patch = file('patch.json', '[{"op":"replace","path":"/date_created","value":"2026-01-02T03:04:05Z"}]');
    expect(await cli('redrive', position, '--edit', patch)).toContain('1 sent');
    await until(async () => (await path.storedOrders()).has('edited'), 40_000, 100);
    expect((await path.storedOrders()).get('edited')?.date_created).toBe('2026-01-02T03:04:05Z');
    const sent = (await readAll(path.kafka, path.place.topic)).filter(({ key }) => key?.toString() === 'edited');
    expect(sent[1]?.headers.slice(0, CARRIED.length)).toEqual([...CARRIED]);
    const headers = new Map(sent[1]?.headers.map(([name, value]) => [String(name), String(value)]));
    expect(headers.get('dl-replays')).toBe('1');
    expect(headers.get('produced-at')).toBe('1760000000000');
    expect([...headers.keys()].filter((name) => name.startsWith('dl-')).sort()).toEqual([
      'dl-redrive-id',
      'dl-replays',
    ]);
    expect((await letterOf('edited')).redriven_at).toBeString();
    expect(await cli('redrive', position, '--edit', patch)).toContain('1 already_redriven');
  });

  test('a replacement goes byte for byte', async () => {
    const text = `${JSON.stringify(sampleOrder('replaced'), undefined, 3)}\n`;
    const { position } = await letterOf('replaced');
    await cli('redrive', position, '--edit', file('order.json', text));
    await until(async () => (await path.storedOrders()).has('replaced'), 40_000, 100);
    const sent = await readAll(path.kafka, path.place.topic);
    expect(sent.some(({ value }) => value?.toString() === text)).toBe(true);
  });

  test('a patch of many letters is looked at first: what it changes, where it does not apply, what would come back', async () => {
    const redrive = (...args: string[]) => runCommand(path.place, ['dead-letters', 'redrive', ...args]);
    const patch = ['--patch', '[{"op":"replace","path":"/date_created","value":"yesterday"}]'];
    const { code, stdout, stderr } = await redrive('--all', ...patch, '--dry-run');
    // What is not JSON can't be patched.
    expect([code, stderr.includes('not_editable')]).toEqual([1, true]);
    const { position } = await letterOf('later');
    expect(stdout).toContain(`${position} /date_created: ${JSON.stringify(FUTURE)} → "yesterday"\n`);
    expect(stdout).toMatch(/would come back: \d+ invalid_date\n/);
    expect((await redrive('0:1', '--patch', '{}')).stderr).toContain('a patch is a list of operations');
  });

  test('a patch that does not fit leaves the letter alone', async () => {
    const patch = file('other.json', '[{"op":"test","path":"/order_uid","value":"somebody"}]');
    const { code, stderr } = await runCommand(path.place, [
      ...['dead-letters', 'redrive', '--reason', 'not_json', '--edit', patch],
    ]);
    expect([code, stderr.includes('not_editable')]).toEqual([1, true]);
  });

  test('a still-bad one comes back with one replay more, with its own bytes, until the guard stops it', async () => {
    const original = await path.deadLetters();
    const value = original.find(({ key }) => key === 'broken')?.value;
    for (let replays = 0; replays < 2; replays++) {
      const { position } = await letterOf('broken', replays);
      expect(await cli('redrive', position, '--max-replays', '2')).toContain('1 sent');
      const count = replays + 1;
      await until(
        async () =>
          (await path.deadLetters()).some(
            ({ key, headers }) => key === 'broken' && headers.get('dl-replays') === String(count),
          ),
        40_000,
        100,
      );
    }
    const { position } = await letterOf('broken', 2);
    expect(await cli('redrive', position, '--max-replays', '2')).toContain('1 max_replays');
    const back = (await path.deadLetters()).filter(({ key }) => key === 'broken');
    expect(back).toHaveLength(3);
    for (const one of back) expect(one.value).toEqual(value ?? null);
  });

  test('a letter that was written twice is one, and a foreign message is left alone', async () => {
    const [copy] = (await readAll(path.kafka, path.place.deadLetterTopic)).filter(
      ({ key }) => key?.toString() === 'later',
    );
    const headers = Object.fromEntries(copy?.headers.map(([name, value]) => [String(name), String(value)]) ?? []);
    headers['dl-at'] = String(Number(headers['dl-at']) + 5);
    await path.sender.send(path.place.deadLetterTopic, [
      { key: copy?.key ?? null, value: copy?.value ?? null, headers },
    ]);
    expect(await documents('list', '--json', '--key', 'later')).toHaveLength(1);
    expect(await cli('redrive', '--key', 'later')).toContain('1 sent');
    expect(await cli('redrive', '--key', 'foreign')).toContain('1 foreign');
  });
});

describe('over REST', () => {
  const JSON_TYPE = { 'content-type': 'application/json' };
  let database: Database;
  let app: ReturnType<FakeBackend['app']>;

  beforeAll(() => {
    const config = loadConfig({ env: commandEnvironment(path.place) });
    database = new Database({ ...config.postgresql, applicationName: 'test' });
    app = new FakeBackend().app({
      deadLetters: deadLetterControl(config, database),
      requestTimeoutMs: 30_000,
    });
  });

  afterAll(() => database.close());

  async function get(url: string, schema: object) {
    const response = await app.request(url);
    expect(response.status).toBe(200);
    const answer = await response.json();
    expect([...Value.Errors(Type.Unsafe(schema), answer)]).toEqual([]);
    return answer;
  }

  test('pages are newest first, without gaps or repeats', async () => {
    const all = await get('/api/v1/dead-letters?limit=500', LetterPageSchema);
    expect([all.cut, all.next_cursor]).toEqual([false, null]);
    const times = all.letters.map(({ at }: LetterSummaryJson) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await get(
        `/api/v1/dead-letters?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
        LetterPageSchema,
      );
      seen.push(...page.letters.map(({ position }: LetterSummaryJson) => position));
      cursor = page.next_cursor;
    }
    const twice = new Set(seen);
    expect(seen.length).toBe(twice.size);
    for (const { position } of all.letters) expect(seen).toContain(position);
    expect((await app.request('/api/v1/dead-letters?cursor=nonsense')).status).toBe(400);
  });

  test('a file has every letter once, with its order', async () => {
    const { letters } = await get('/api/v1/dead-letters?limit=500', LetterPageSchema);
    const positions = (lines: readonly string[]) => lines.map((line): string => JSON.parse(line).position).sort();
    const text = await (await app.request('/api/v1/dead-letters.ndjson')).text();
    expect(positions(text.trimEnd().split('\n'))).toEqual(
      letters.map(({ position }: LetterSummaryJson) => position).sort(),
    );
    const csv = await (await app.request('/api/v1/dead-letters.csv?key=edited')).text();
    expect(csv).toMatch(/\r\n\d+:\d+,[^,]+,future_date,.+,edited,edited,/);
    expect((await letterOf('edited')).order_uid).toBe('edited');
    expect((await letterOf('bytes')).order_uid).toBe('bytes');
  });

  test('counts, one letter, and one that is not there', async () => {
    const counts = await get('/api/v1/dead-letters/counts?reason=not_json', LetterCountsSchema);
    expect(counts).toMatchObject({ total: 3, by_reason: { not_json: 3 }, redriven: 2, cut: false });
    const { position } = await letterOf('bytes');
    const letter = await get(`/api/v1/dead-letters/${position}`, LetterSchema);
    expect(letter).toMatchObject({ reason: 'invalid_utf8', value_base64: '/wAbWw==' });
    expect((await app.request('/api/v1/dead-letters/0:9999')).status).toBe(404);
  });

  const asked = (url: string, body: object) =>
    app.request(url, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });

  async function post(body: object) {
    const response = await asked('/api/v1/dead-letters/redrive', body);
    const answer = await response.json();
    expect(response.status).toBe(200);
    expect([...Value.Errors(Type.Unsafe(RedriveAnswerSchema), answer)]).toEqual([]);
    return answer;
  }

  /** What became of the message, once the consumer has taken it. */
  async function fateOf(sentTo: string) {
    let fate = { state: 'waiting', order_uid: '', letter: { position: '', replays: 0, reason: '' } };
    await until(
      async () => {
        fate = await get(`/api/v1/dead-letters/redriven?position=${sentTo}`, FateSchema);
        return fate.state !== 'waiting';
      },
      40_000,
      100,
    );
    return fate;
  }

  async function rejected(key: string): Promise<string> {
    await path.send([messageOf(sampleOrder(key, 1, { date_created: FUTURE }))]);
    let position: string | undefined;
    await until(
      async () => {
        const { letters } = await get(`/api/v1/dead-letters?key=${key}`, LetterPageSchema);
        position = letters[0]?.position;
        return position !== undefined;
      },
      40_000,
      100,
    );
    return position ?? '';
  }

  test('an edited letter: the dry run says what is wrong, and what is good by then is stored', async () => {
    const position = await rejected('mended');
    const patch = [{ op: 'replace', path: '/date_created', value: 'tomorrow' }];
    const dry = await post({ positions: [position], edit: { patch }, dry_run: true });
    expect(dry).toMatchObject({
      counts: { would_send: 1 },
      would_come_back: { invalid_date: 1 },
      samples: [
        {
          position,
          check: { accepted: false },
          changes: [{ pointer: '/date_created', from: JSON.stringify(FUTURE), to: '"tomorrow"' }],
        },
      ],
      outcomes: [{ check: { accepted: false, violations: [{ pointer: '/date_created' }] } }],
    });
    const text = JSON.stringify(sampleOrder('mended'), undefined, 2);
    const edit = { value_base64: Buffer.from(text).toString('base64') };
    expect((await post({ positions: [position], edit, dry_run: true })).outcomes).toMatchObject([
      { outcome: 'would_send', check: { accepted: true, order_uid: 'mended' } },
    ]);
    const { outcomes } = await post({ positions: [position], edit });
    expect(outcomes).toMatchObject([{ outcome: 'sent' }]);
    expect(await fateOf(outcomes[0].sent_to)).toMatchObject({ state: 'stored', order_uid: 'mended' });
    expect((await path.storedOrders()).has('mended')).toBe(true);
    const sent = await readAll(path.kafka, path.place.topic);
    expect(sent.filter(({ value }) => value?.toString() === text)).toHaveLength(1);
    expect((await post({ positions: [position], edit })).counts).toEqual({ already_redriven: 1 });
  });

  test('an edit that leaves a letter bad: it comes back with one replay more, and as it was edited', async () => {
    const position = await rejected('worse');
    const edit = { value: { ...sampleOrder('worse'), strange: 1 } };
    const { outcomes } = await post({ positions: [position], edit });
    const { state, letter } = await fateOf(outcomes[0].sent_to);
    expect([state, letter.reason, letter.replays]).toEqual(['rejected', 'unknown_field', 1]);
    expect(await get(`/api/v1/dead-letters/${letter.position}`, LetterSchema)).toMatchObject({
      value: { strange: 1 },
    });
    expect((await app.request('/api/v1/dead-letters/redriven?position=0:999999')).status).toBe(404);
  });

  test('an edit that is none is refused, and a replacement is for one letter', async () => {
    const wrong = [
      { all: true, edit: { value: 1 } },
      { positions: ['0:1'], edit: {} },
      { positions: ['0:1'], edit: { value_base64: '*' } },
      { positions: ['0:1'], edit: { patch: [{ op: 'add', path: '/a' }] } },
    ];
    for (const body of wrong)
      for (const url of ['redrive', 'redrive.ndjson'])
        expect((await asked(`/api/v1/dead-letters/${url}`, body)).status).toBe(422);
  });

  test('counts over time are those of the letters', async () => {
    const timeline = await get('/api/v1/dead-letters/timeline?bucket_s=60', LetterTimelineSchema);
    const { letters } = await get('/api/v1/dead-letters?since=1h&limit=500', LetterPageSchema);
    const sum = Object.values<number[]>(timeline.by_reason)
      .flat()
      .reduce((a, b) => a + b, 0);
    expect([sum, timeline.total, timeline.cut]).toEqual([letters.length, letters.length, false]);
    const none = await get('/api/v1/dead-letters/timeline?until=1h', LetterTimelineSchema);
    expect([none.total, none.by_reason]).toEqual([0, {}]);
    const one = await get('/api/v1/dead-letters/timeline?reason=tombstone', LetterTimelineSchema);
    expect([one.total, Object.keys(one.by_reason)]).toEqual([1, ['tombstone']]);
  });

  test('redrives by position and by filter, dry and for good', async () => {
    const { position } = await letterOf('other');
    const dry = await post({ positions: [position, '0:9999'], dry_run: true });
    expect(dry).toMatchObject({ counts: { would_send: 1 }, missing: ['0:9999'], cut: false });
    expect((await post({ filter: { key: 'other' } })).counts).toEqual({ sent: 1 });
    expect((await post({ positions: [position] })).outcomes).toMatchObject([{ position, outcome: 'already_redriven' }]);
    await until(async () => (await path.deadLetters()).filter(({ key }) => key === 'other').length === 2, 40_000, 100);
  });
});
