import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sample from '../fixtures/order.json';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppExit, type AppProcess, killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { messages } from '../helpers/kcat.ts';
import { until } from '../helpers/until.ts';

let place: AppPlace;
let consumer: AppProcess;

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
  consumer = startApp(['consume', '--json'], { env: place.env });
  await consumer.untilUp();
});

afterAll(async () => {
  await killRunning();
  await place.remove();
});

function produce(args: readonly string[], input?: string): Promise<AppExit> {
  const env = { ...place.env, TEST_SERVICE_LOG_LEVEL: 'warn' };
  return runApp(['produce', ...args], { env, ...(input !== undefined && { input }) });
}

function orderLine(uid: string): string {
  return JSON.stringify({ ...sample, order_uid: uid });
}

async function stored(uids: readonly string[]): Promise<string[]> {
  const list = uids.map((uid) => `'${uid}'`).join(', ');
  const rows = await place.query(`select order_uid from orders where order_uid in (${list}) order by 1`);
  return rows.map((row) => String(row['order_uid']));
}

async function allConsumed(): Promise<void> {
  const produced = await place.produced();
  await until(async () => (await place.consumed()) === produced, 30_000);
}

test('--count --seed --json: as many as asked for, the same ones for the same seed', async () => {
  const exit = await produce(['--count', '500', '--seed', '7', '--json']);
  expect(exit).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(exit.stdout)).toEqual({ sent: 500, failed: 0, skipped: 0, seed: 7 });
  const generated = await runApp(['generate', '--count', '500', '--seed', '7']);
  const sent = await messages(place.engines.broker, place.topic, '%s');
  expect(sent.trimEnd().split('\n').toSorted()).toEqual(generated.stdout.trimEnd().split('\n').toSorted());
  await allConsumed();
  expect(await place.orders()).toBe(500);
  // Sent once more, in words, they change nothing.
  const again = await produce(['--count', '500', '--seed', '7', '--rate', '2000']);
  expect(again).toMatchObject({ code: 0, stdout: 'sent 500, failed 0, skipped 0, seed 7\n' });
  await allConsumed();
  expect(await place.orders()).toBe(500);
});

test('--file: a bad line is named, the others are stored, exit code 1', async () => {
  const file = join(place.folder, 'orders.ndjson');
  const bad = JSON.stringify({ ...sample, order_uid: 'file-2', items: [] });
  writeFileSync(file, `${orderLine('file-1')}\n${bad}\r\n\n{"order_uid"\n${orderLine('file-5')}`);
  const exit = await produce(['--file', file, '--json']);
  expect(exit.code).toBe(1);
  expect(JSON.parse(exit.stdout)).toEqual({ sent: 2, failed: 0, skipped: 2 });
  expect(exit.stderr).toMatch(/^line 2 is not an order: schema, \/items.*\nline 4 is not an order: not_json,.*\n$/);
  await allConsumed();
  expect(await stored(['file-1', 'file-2', 'file-5'])).toEqual(['file-1', 'file-5']);
});

test('--file -: from standard input', async () => {
  const lines = [orderLine('in-1'), 'nonsense', orderLine('in-3'), ''];
  const exit = await produce(['--file', '-'], lines.join('\n'));
  expect(exit).toMatchObject({ code: 1, stdout: 'sent 2, failed 0, skipped 1\n' });
  expect(exit.stderr).toStartWith('line 2 is not an order: not_json,');
  const good = await produce(['--file', '-'], `${orderLine('in-4')}\n`);
  expect(good).toMatchObject({ code: 0, stdout: 'sent 1, failed 0, skipped 0\n', stderr: '' });
  await allConsumed();
  expect(await stored(['in-1', 'in-3', 'in-4'])).toEqual(['in-1', 'in-3', 'in-4']);
});

test('--file: README’s own example, which is written over several lines', async () => {
  const exit = await produce(['--file', 'test/fixtures/order.json']);
  expect(exit).toMatchObject({ code: 0, stdout: 'sent 1, failed 0, skipped 0\n', stderr: '' });
  await allConsumed();
  expect(await stored([sample.order_uid])).toEqual([sample.order_uid]);
});

test('--faults --manifest: what was spoiled stands in the manifest, and verify finds exactly that', async () => {
  const manifest = join(place.folder, 'faults.ndjson');
  const faults = ['--faults', 'malformed=3%,duplicate=5%', '--manifest', manifest];
  const exit = await produce(['--count', '300', '--seed', '9', '--json', ...faults]);
  expect(exit).toMatchObject({ code: 0, stderr: '' });
  const [header, ...entries] = readFileSync(manifest, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(header).toMatchObject({ seed: 9, count: 300, topic: place.topic });
  expect(JSON.parse(exit.stdout)).toMatchObject({ failed: 0, seed: 9 });
  const spoiled = entries.filter((entry) => entry.expectedReason !== null);
  expect(spoiled.length).toBeGreaterThan(0);
  await allConsumed();
  const letters = await messages(place.engines.broker, place.deadLetterTopic, '%h');
  expect(letters.trimEnd().split('\n')).toHaveLength(spoiled.length);
  const env = { ...place.env, TEST_SERVICE_LOG_LEVEL: 'warn' };
  const proof = await runApp(['verify', '--wait', '30', '--manifest', manifest, '--json'], { env });
  expect(proof).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(proof.stdout)).toMatchObject({ ok: true });
});

test('--life on: orders go through their lives, each ends in the database as its last step says, and verify says so', async () => {
  const manifest = join(place.folder, 'lives.ndjson');
  const life = ['--count', '200', '--seed', '12', '--life', 'on'];
  const paced = ['--rate', '400', '--time-scale', '500000', '--manifest', manifest, '--json'];
  const exit = await produce([...life, ...paced]);
  expect(exit).toMatchObject({ code: 0, stderr: '' });
  const generated = await runApp(['generate', ...life]);
  const versions = generated.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { sent, orders } = JSON.parse(exit.stdout);
  expect([orders, sent]).toEqual([200, versions.length]);
  const lastStatuses = new Map<string, string>();
  for (const { order_uid: uid, items } of versions)
    lastStatuses.set(uid, items.map((item: { status: number }) => item.status).join());
  await allConsumed();
  const list = [...lastStatuses.keys()].map((uid) => `'${uid}'`).join(', ');
  const rows = await place.query(
    `select order_uid, string_agg(status::text, ',' order by position) as statuses from order_items
      where order_uid in (${list}) group by order_uid`,
  );
  const stored = new Map(rows.map((row) => [String(row['order_uid']), String(row['statuses'])]));
  expect([...stored].sort()).toEqual([...lastStatuses].sort());
  expect([...stored.values()].filter((statuses) => statuses === '204').length).toBeGreaterThan(50);
  const env = { ...place.env, TEST_SERVICE_LOG_LEVEL: 'warn' };
  const proof = await runApp(['verify', '--wait', '30', '--manifest', manifest, '--json'], { env });
  expect(proof).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(proof.stdout)).toMatchObject({ ok: true, manifest: { matched: sent - orders } });
});

test('--stages: the rate changes as asked, faults come in the stage that has them, and the last stage ends the run', async () => {
  const refused = await produce(['--stages', '1s:50,fast:2000']);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('stage 2, "fast:2000": "fast" is no time such as 30s, 5m or 1h');
  expect((await produce(['--stages', '1s:50,1s:0', '--start', '500'])).stderr).toContain('the stages have ended');

  const stages = ['--stages', '1s:100,500ms:400,1s:400:50%,500ms:0:0', '--seed', '11', '--json'];
  const manifest = join(place.folder, 'stages.ndjson');
  const started = performance.now();
  const exit = await produce([...stages, '--manifest', manifest]);
  const seconds = (performance.now() - started) / 1000;
  expect(exit).toMatchObject({ code: 0, stderr: '' });
  const { sent } = JSON.parse(exit.stdout);
  expect(sent).toBeWithin(700, 728);
  expect(seconds).toBeGreaterThan(2.9);
  const noted = readFileSync(manifest, 'utf8').trimEnd().split('\n').slice(1);
  const indexes = noted.map((line) => JSON.parse(line).index);
  expect(indexes.length).toBeWithin(150, 250);
  expect(Math.min(...indexes)).toBeGreaterThanOrEqual(225);
  expect(Math.max(...indexes)).toBeLessThan(625);
  const verified = await runApp(['verify', '--wait', '120', '--manifest', manifest], { env: place.env });
  expect(verified).toMatchObject({ code: 0 });
  expect(verified.stdout).toContain(`manifest: ${noted.length} of ${noted.length} lines are as injected`);
}, 240_000);

test('and the consumer has not even warned', async () => {
  const exit = await consumer.stop();
  expect(exit).toMatchObject({ code: 0 });
  expect(exit.stderr).not.toMatch(/"level":[56]0/);
});
