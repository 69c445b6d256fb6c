import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EnginesHandle, ensureEngines } from '../../src/engines/engines.ts';
import type { EngineSettings } from '../../src/engines/types.ts';
import { PartitionFetcher } from '../../src/kafka/read/partition-fetcher.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import type { ComposedConsumer } from '../helpers/compose-consumer.ts';
import { settingsWithSeeded } from '../helpers/engine-settings.ts';
import { messageOf, rawMessage, sampleOrders } from '../helpers/sample-orders.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';
import { verifyReport } from '../helpers/verify-command.ts';
import type { WritePath } from '../helpers/write-path.ts';
import { WritePaths } from '../helpers/write-paths.ts';

const STORED = 100;
const CUT = 70;
const OPTIONS = { logger: silentLogger, owner: 'run' } as const;

/** `grown`: messages the log gets after it was cut, past the stored offset or less. */
const CASES = [
  { name: 'regrown past the stored offset, while the consumer is down', grown: 60, running: false },
  { name: 'regrown less, while the consumer is down', grown: 10, running: false },
  { name: 'regrown past the stored offset, while the consumer runs', grown: 60, running: true },
  { name: 'regrown less, while the consumer runs', grown: 10, running: true },
] as const;

const folder = createTempDir();
const paths = new WritePaths();
const handles: EnginesHandle[] = [];
let settings: EngineSettings;
const places: { path: WritePath; consumer: ComposedConsumer }[] = [];
const orders = (at: number) => sampleOrders(STORED + 60, `case-${at}-order`);

/** All cases share one broker and its one restart. */
beforeAll(async () => {
  settings = await settingsWithSeeded(['kafka'], folder.path);
  const broker = await ensureEngines(settings, OPTIONS);
  handles.push(broker);
  for (const [at, { running }] of CASES.entries()) {
    const path = await paths.open({ brokers: settings.brokers, partitions: 1 });
    const consumer = path.start({ stallMs: 10_000 });
    const messages = orders(at)
      .slice(0, STORED)
      .map((order) => messageOf(order));
    messages[80] = rawMessage('{', 'cut off, and its dead letter stays');
    // A batch each, so that the log can be cut between them.
    for (let from = 0; from < STORED; from += 10) await path.send(messages.slice(from, from + 10));
    await path.drained();
    if (!running) await consumer.close();
    places.push({ path, consumer });
  }
  await kill(broker.statuses.find(({ engine }) => engine === 'kafka')?.pid ?? 0);
  for (const { path } of places) cutLog(path.place.topic);
  handles.push(await ensureEngines(settings, OPTIONS));
  for (const [at, { grown }] of CASES.entries()) {
    const messages = orders(at)
      .slice(STORED, STORED + grown)
      .map((order) => messageOf(order));
    const path = places[at]?.path;
    await until(() => path?.send(messages).then(() => true) ?? false, 60_000, 100);
  }
}, 240_000);

afterAll(async () => {
  await paths.closeAll();
  for (const handle of handles.reverse()) await handle.close();
  folder.remove();
});

describe('a log that lost its end is read on from the cut, nothing of it skipped:', () => {
  test.each(CASES.map((one, at) => [one.name, at, one] as const))(
    '%s',
    async (_, at, { grown, running }) => {
      const { path, consumer } = places[at] ?? { path: await paths.open(), consumer: undefined };
      const { consumer: role } = running && consumer !== undefined ? consumer : path.start();
      await until(() => role.status().cuts.length > 0, 90_000, 50);
      await path.drained(90_000);
      const all = orders(at).filter((_, index) => index !== 80 && index < STORED + grown);
      expect(await path.differencesFrom(all)).toEqual([]);
      const stored = await path.sql`select next_offset::int as next from consumer_offsets`;
      expect(stored[0].next).toBe(CUT + grown);
      expect(role.status()).toMatchObject({ lost: [], cuts: [{ partition: 0, from: CUT, to: STORED }] });
      expect((await path.sql`select from lost_ranges`).length).toBe(0);
      const { code, found } = await verifyReport(path.place, [], {});
      expect({ code, found }).toEqual({ code: 1, found: { log_cut: 1 } });
    },
    180_000,
  );
});

test('a fetch that names the epoch of what was read last is told that the log has another there', async () => {
  const path = places[0]?.path ?? (await paths.open());
  const fetcher = new PartitionFetcher(path.kafka, {
    topic: path.place.topic,
    clientId: 'test',
    maxBytesPerPartition: 100_000,
  });
  try {
    await fetcher.open();
    const fetch = async (epoch: number) => {
      const [answer] = await fetcher.fetch(new Map([[0, STORED]]), 100, new Map([[0, epoch]]));
      return { outOfRange: answer?.outOfRange, records: answer?.records.length };
    };
    const [first] = await fetcher.fetch(new Map([[0, 0]]), 1_000);
    const ends = await fetcher.epochEnds(new Map([[0, first?.epochs.at(-1)?.leaderEpoch ?? -1]]));
    expect(ends.get(0)?.end).toBeLessThanOrEqual(STORED);
    expect(await fetch(0)).toEqual({ outOfRange: true, records: 0 });
    expect(await fetch(-1)).toMatchObject({ outOfRange: false, records: CUT + 60 - STORED });
  } finally {
    await fetcher.close();
  }
});

describe('a broker restored to before its restart gives the same epoch out again:', () => {
  const BACKED_UP = 40;
  /** `regrown`: messages the log gets after it was restored, past the stored offset or less. */
  const RESTORED = [
    { name: 'regrown past the stored offset, while the consumer is down', regrown: 100, running: false },
    { name: 'regrown less, while the consumer is down', regrown: 30, running: false },
    { name: 'regrown past the stored offset, while the consumer runs', regrown: 100, running: true },
    { name: 'regrown less, while the consumer runs', regrown: 30, running: true },
  ] as const;
  const own = createTempDir();
  const data = join(own.path, 'kafka', 'data');
  const backup = join(own.path, 'backup');
  const restored: { path: WritePath; consumer: ComposedConsumer; epoch: number }[] = [];
  const messages = (at: number, life: string, count: number) =>
    sampleOrders(count, `restored-${at}-${life}`).map((order) => messageOf(order));
  const epochOf = async (path: WritePath): Promise<number> =>
    (await path.sql`select leader_epoch from consumer_offsets`)[0].leader_epoch;

  beforeAll(async () => {
    const ownSettings = await settingsWithSeeded(['kafka'], own.path);
    const start = async (): Promise<number> => {
      const broker = await ensureEngines(ownSettings, OPTIONS);
      handles.push(broker);
      return broker.statuses.find(({ engine }) => engine === 'kafka')?.pid ?? 0;
    };
    const send = (path: WritePath, sent: ReturnType<typeof messages>) =>
      until(() => path.send(sent).then(() => true), 60_000, 100);
    let pid = await start();
    for (const [at] of RESTORED.entries()) {
      const path = await paths.open({ brokers: ownSettings.brokers, partitions: 1 });
      const consumer = path.start({ stallMs: 10_000 });
      restored.push({ path, consumer, epoch: -1 });
      await path.send(messages(at, 'backed-up', BACKED_UP));
      await path.drained();
    }
    await kill(pid);
    cpSync(data, backup, { recursive: true });
    pid = await start();
    for (const [at, one] of restored.entries()) {
      await send(one.path, messages(at, 'lost', 60));
      await one.path.drained(90_000);
      one.epoch = await epochOf(one.path);
      if (!RESTORED[at]?.running) await one.consumer.close();
    }
    await kill(pid);
    rmSync(data, { recursive: true });
    cpSync(backup, data, { recursive: true });
    await start();
    for (const [at, { regrown }] of RESTORED.entries()) {
      const path = restored[at]?.path;
      if (path !== undefined) await send(path, messages(at, 'new', regrown));
    }
  }, 300_000);

  afterAll(() => own.remove());

  test.each(RESTORED.map((one, at) => [one.name, at, one] as const))(
    '%s',
    async (_, at, { regrown, running }) => {
      const { path, consumer, epoch } = restored[at] ?? { path: await paths.open(), consumer: undefined };
      const { consumer: role } = running && consumer !== undefined ? consumer : path.start();
      await until(() => role.status().cuts.length > 0, 90_000, 50);
      await path.drained(90_000);
      const stored = await path.storedOrders();
      for (const life of ['backed-up', 'lost', 'new'])
        expect([life, [...stored.keys()].filter((uid) => uid.startsWith(`restored-${at}-${life}`)).length]).toEqual([
          life,
          life === 'new' ? regrown : life === 'lost' ? 60 : BACKED_UP,
        ]);
      expect(await epochOf(path)).toBe(epoch ?? -1);
      expect(role.status()).toMatchObject({ lost: [], cuts: [{ from: BACKED_UP, to: BACKED_UP + 60 }] });
    },
    180_000,
  );
});

async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until(() => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  }, 30_000);
}

/** As a power cut leaves it: the log ends before the message at CUT, and the broker has to look how far it reaches. */
function cutLog(topic: string): void {
  const data = join(folder.path, 'kafka', 'data');
  const log = join(data, `${topic}-0`);
  const file = join(log, '00000000000000000000.log');
  const bytes = readFileSync(file);
  let at = 0;
  while (at < bytes.length && Number(bytes.readBigInt64BE(at)) < CUT) at += 12 + bytes.readInt32BE(at + 8);
  truncateSync(file, at);
  for (const name of readdirSync(log)) if (/\.(index|timeindex|snapshot)$/.test(name)) rmSync(join(log, name));
  const checkpoint = join(data, 'recovery-point-offset-checkpoint');
  const lines = readFileSync(checkpoint, 'utf8');
  writeFileSync(checkpoint, lines.replace(new RegExp(`^${topic} 0 .*$`, 'm'), `${topic} 0 0`));
}
