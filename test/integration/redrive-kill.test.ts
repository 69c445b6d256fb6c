import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { loadConfig } from '../../src/cmd/app/config.ts';
import { deadLetterControl } from '../../src/cmd/app/dead-letter-clients.ts';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import { commandEnvironment, runCommand, startCommand } from '../helpers/command-line.ts';
import { messageOf, sampleOrders } from '../helpers/sample-orders.ts';
import { readAll, WritePath } from '../helpers/write-path.ts';

const CHILD = join(import.meta.dirname, '../helpers/redrive-child.ts');
const LETTERS = 3_000;
const open: WritePath[] = [];

afterAll(async () => {
  await Promise.all(open.map((path) => path.close()));
});

/** A place whose dead-letter topic holds letters with values of their own. */
async function withLetters(count: number): Promise<{ path: WritePath; values: Map<string, string> }> {
  const path = await WritePath.open();
  open.push(path);
  const letters = sampleOrders(count).map((order, at): OutgoingMessage => {
    const message = messageOf(order);
    const headers = {
      ...message.headers,
      'dl-reason': 'future_date',
      'dl-detail': '/date_created: in the future',
      'dl-topic': path.place.topic,
      'dl-partition': String(at % path.partitions),
      'dl-offset': String(at),
      'dl-at': String(1_760_000_000_000 + at),
      'dl-replays': '0',
    };
    return { ...message, headers };
  });
  // In batches of their own, so that a redrive takes them in many.
  for (let at = 0; at < count; at += 100) {
    await path.sender.send(path.place.deadLetterTopic, letters.slice(at, at + 100));
  }
  return { path, values: new Map(letters.map(({ key, value }) => [String(key), String(value)])) };
}

const ALL = {
  selection: { filter: {} },
  dryRun: false,
  maxReplays: 3,
  again: false,
  edit: undefined,
  cursor: undefined,
};

/** Dead letters as the REST API has them. */
function openControl(path: WritePath) {
  const config = loadConfig({ env: commandEnvironment(path.place) });
  const database = new Database({ ...config.postgresql, applicationName: 'test' });
  return { letters: deadLetterControl(config, database), database };
}

/** What is in the target topic, by key. */
async function arrived(path: WritePath): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { key, value } of await readAll(path.kafka, path.place.topic)) {
    found.set(String(key), [...(found.get(String(key)) ?? []), String(value)]);
  }
  return found;
}

async function expectEachOnce(path: WritePath, values: ReadonlyMap<string, string>): Promise<void> {
  const found = await arrived(path);
  expect(found.size).toBe(values.size);
  const wrong = [...found].filter(([key, all]) => all.length !== 1 || all[0] !== values.get(key));
  expect(wrong.map(([key, all]) => `${key}: ${all.length}`)).toEqual([]);
}

test('killed between every two steps, each letter arrives exactly once', async () => {
  const { path, values } = await withLetters(LETTERS);
  let kills = 0;
  for (let killAtStep = 1; killAtStep <= 12; killAtStep++) {
    const child = Bun.spawn([process.execPath, CHILD, JSON.stringify({ killAtStep })], {
      env: { ...process.env, ...commandEnvironment(path.place) },
      stdout: 'pipe',
      stderr: 'inherit',
    });
    await child.exited;
    if (child.signalCode === 'SIGKILL') kills += 1;
  }
  expect(kills).toBeGreaterThanOrEqual(10);
  const before = [...(await arrived(path)).values()].reduce((sum, all) => sum + all.length, 0);
  expect(before).toBeLessThan(LETTERS);
  const last = await runCommand(path.place, ['dead-letters', 'redrive', '--all', '--json']);
  expect(last.code).toBe(0);
  await expectEachOnce(path, values);
  const [open_]: { count: string }[] = await path.sql`select count(*) from dead_letter_redrive_batches`;
  expect(Number(open_?.count)).toBe(0);
});

test('an edited redrive, killed between every two steps: each letter arrives once, edited', async () => {
  const { path, values } = await withLetters(200);
  const patch = [{ op: 'replace', path: '/customer_id', value: 'edited' }];
  for (let killAtStep = 1; killAtStep <= 5; killAtStep++) {
    const child = Bun.spawn([process.execPath, CHILD, JSON.stringify({ killAtStep, patch })], {
      env: { ...process.env, ...commandEnvironment(path.place) },
      stdout: 'pipe',
      stderr: 'inherit',
    });
    await child.exited;
  }
  const control = openControl(path);
  const answers = await Array.fromAsync(
    control.letters.redriveAll({ ...ALL, edit: { patch } }),
    (step) => step?.answer,
  );
  await control.database.close();
  expect(answers.at(-1)).toBeDefined();
  const edited = [...values].map(([key, value]): [string, string] => [
    key,
    JSON.stringify({ ...JSON.parse(value), customer_id: 'edited' }),
  ]);
  await expectEachOnce(path, new Map(edited));
});

test('a redrive told of that is ended early is gone on with: each letter arrives once', async () => {
  const { path, values } = await withLetters(LETTERS);
  const { letters, database } = openControl(path);
  let before = 0;
  for await (const step of letters.redriveAll(ALL)) {
    before = step?.counts['sent'] ?? 0;
    if (before > 0) break;
  }
  expect(before).toBeLessThan(LETTERS);
  // One that is just ending is waited for.
  const ending = letters.redriveAll(ALL);
  await ending.next();
  const goingOn = Array.fromAsync(letters.redriveAll(ALL));
  await ending.return(undefined);
  const steps = await goingOn;
  const [passed, total] = [steps.at(-1)?.passed, steps.at(-1)?.total];
  expect(passed).toBe(total ?? -1);
  const { sent = 0, already_redriven = 0 } = steps.at(-1)?.counts ?? {};
  expect([sent + already_redriven, already_redriven]).toEqual([LETTERS, before]);
  await expectEachOnce(path, values);
  await database.close();
});

test('the executable, killed at any moment', async () => {
  const { path, values } = await withLetters(LETTERS);
  for (let attempt = 0; attempt < 8; attempt++) {
    const child = startCommand(path.place, ['dead-letters', 'redrive', '--all']);
    const timer = setTimeout(() => child.kill('SIGKILL'), 500 + attempt * 90);
    await child.exited;
    clearTimeout(timer);
  }
  expect((await runCommand(path.place, ['dead-letters', 'redrive', '--all'])).code).toBe(0);
  await expectEachOnce(path, values);
});

test('of two at once, the second says that the first is at it', async () => {
  const { path, values } = await withLetters(LETTERS);
  const results = await Promise.all([1, 2].map(() => runCommand(path.place, ['dead-letters', 'redrive', '--all'])));
  const refused = results.filter(({ code }) => code !== 0);
  for (const { code, stderr } of refused) {
    expect(code).toBe(1);
    expect(stderr).toContain('another process is redriving dead letters');
  }
  expect(refused.length).toBeLessThan(2);
  await expectEachOnce(path, values);
});
