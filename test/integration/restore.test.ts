import { afterAll, expect, test } from 'bun:test';
import { SQL } from 'bun';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';
import { runCommand } from '../helpers/command-line.ts';
import { databaseUrl } from '../helpers/database.ts';
import { messageOf, sampleOrders } from '../helpers/sample-orders.ts';
import { verifyReport } from '../helpers/verify-command.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const paths = new WritePaths();
const backups: string[] = [];
const server = new SQL(databaseUrl('postgres'), { max: 1 });
afterAll(async () => {
  await paths.closeAll();
  for (const name of backups) await server.unsafe(`drop database if exists ${name} with (force)`);
  await server.close();
});

/** Copies a database under another name, whoever is connected. */
async function copyDatabase(from: string, to: string): Promise<void> {
  await server.unsafe(`drop database if exists ${to} with (force)`);
  await server`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${from}`;
  await server.unsafe(`create database ${to} template ${from} strategy file_copy`);
}

/** A letter that the consumer would accept by now. */
function ripeLetter(path: WritePath, message: OutgoingMessage, at: number): OutgoingMessage {
  const headers = {
    ...message.headers,
    'dl-reason': 'future_date',
    'dl-detail': '/date_created: in the future',
    'dl-topic': path.place.topic,
    'dl-partition': '0',
    'dl-offset': String(at),
    'dl-at': String(1_760_000_000_000 + at),
    'dl-replays': '0',
  };
  return { ...message, headers };
}

test('a database restored to an older point is replayed from kafka, and no letter is sent back twice', async () => {
  const path = await paths.open({ partitions: 1 });
  const name = new URL(path.place.databaseUrl).pathname.slice(1);
  const backup = `${name}_backup`;
  backups.push(backup);
  const [before, after, dead] = [sampleOrders(40), sampleOrders(40), sampleOrders(6)];
  const consume = async (): Promise<void> => {
    const consumer = path.start();
    await path.drained();
    await consumer.close();
  };
  const redrive = async (...options: string[]) => {
    const { code, stdout, stderr } = await runCommand(path.place, [
      'dead-letters',
      'redrive',
      '--all',
      '--json',
      ...options,
    ]);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(last).counts;
  };
  const letters = dead.map((order, at) => ripeLetter(path, messageOf(order), at));
  await path.sender.send(path.place.deadLetterTopic, letters);
  await path.send(before.map((order) => messageOf(order)));
  await consume();
  await copyDatabase(name, backup);

  // Since the backup: new orders, changed ones, letters sent back, of which one has changed again.
  const changed = before.slice(0, 10).map((order) => ({ ...order, locale: 'later' }));
  await path.send([...after, ...changed].map((order) => messageOf(order)));
  expect(await redrive()).toEqual({ sent: dead.length });
  const corrected = dead.slice(0, 1).map((order) => ({ ...order, locale: 'corrected' }));
  await path.send(corrected.map((order) => messageOf(order)));
  await consume();
  const all = [...before, ...after, ...changed, ...dead, ...corrected];
  expect(await path.differencesFrom(all)).toEqual([]);

  await copyDatabase(backup, name);
  await consume();
  expect(await path.differencesFrom(all)).toEqual([]);
  expect(await redrive('--dry-run')).toEqual({ would_send: dead.length });
  expect(await redrive('--restored')).toEqual({ already_redriven: dead.length });
  expect(await redrive()).toEqual({ already_redriven: dead.length });
  await consume();
  expect(await path.differencesFrom(all)).toEqual([]);
  const { code, found } = await verifyReport(path.place, ['--wait', '20']);
  // The letters were never rejected messages: the test has written them.
  expect([code, Object.keys(found)]).toEqual([1, ['wrongly_dead_lettered']]);
}, 120_000);
