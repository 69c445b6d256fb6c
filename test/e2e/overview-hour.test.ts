import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { mkdir } from 'node:fs/promises';
import type { CDPSession, Page } from 'playwright-core';
import { createApp } from '../../src/server/app.ts';
import { type RunningServer, startServer } from '../../src/server/http/server.ts';
import { buildWebClient } from '../../src/server/web/web.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { FakeBackend } from '../helpers/app-under-test.ts';
import { seriousIn } from '../helpers/axe.ts';
import { TestBrowser } from '../helpers/browser.ts';
import { SHOTS } from '../helpers/console-app.ts';
import { type FakeOperations, fakeOperations } from '../helpers/fake-operations.ts';
import { liveSample } from '../helpers/live-sample.ts';
import { until } from '../helpers/until.ts';

const PARTITIONS = 24;
const HOUR = 3_600;
const MB = 1_048_576;

let operations: FakeOperations;
let server: RunningServer;
let browser: TestBrowser;
let second = 1_760_000_000;

beforeAll(async () => {
  await mkdir(SHOTS, { recursive: true });
  operations = fakeOperations();
  const options = new FakeBackend().options({ operations, web: await buildWebClient() });
  const limits = { host: '127.0.0.1', port: 0, maxBodyBytes: 100_000, requestTimeoutMs: 5_000 };
  server = startServer(createApp(options), limits, silentLogger);
  browser = await TestBrowser.start();
});

afterEach(() => browser.closePages());

afterAll(async () => {
  operations.streams.close();
  await browser.close();
  await server.close(0);
});

/** Sends so many seconds of a busy service through the stream; resolves once the page shows the last of them. */
async function pass(page: Page, seconds: number): Promise<void> {
  for (const end = second + seconds; second < end; ) {
    for (let left = 60; left > 0 && second < end; left--) send();
    await page.getByText(`${(second % 100_000).toLocaleString('en')}%`, { exact: true }).waitFor();
  }
}

function send(): void {
  second += 1;
  const lagOf = (partition: number) => Math.round(200 * (1 + Math.sin(second / 60 + partition)) * partition);
  const lags = Array.from({ length: PARTITIONS }, (_, partition) => lagOf(partition));
  const sample = liveSample(second, { lags });
  // So that the page says which was the last.
  const process = { ...sample.process, cpu_percent: second % 100_000 };
  for (const one of operations.listeners) one.sample({ ...sample, process });
}

async function figuresOf(devtools: CDPSession): Promise<ReadonlyMap<string, number>> {
  await devtools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devtools.send('Performance.getMetrics');
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

/** Times between frames while ten samples a second come, ms, sorted. */
async function frames(page: Page, ms: number): Promise<number[]> {
  const timer = setInterval(send, 100);
  try {
    return await page.evaluate(
      (until) =>
        new Promise<number[]>((resolve) => {
          const times: number[] = [];
          let [first, last] = [0, 0];
          const next = (at: number) => {
            if (first === 0) first = at;
            else times.push(at - last);
            last = at;
            if (at - first < until) requestAnimationFrame(next);
            else resolve(times.sort((a, b) => a - b));
          };
          requestAnimationFrame(next);
        }),
      ms,
    );
  } finally {
    clearInterval(timer);
  }
}

test('hours of seconds: memory and elements stay as they are, and a sample takes little time', async () => {
  const page = await browser.open(`${server.url}/?window=1h`);
  const devtools = await page.context().newCDPSession(page);
  // The page's own time on the processor: other programs may take it, too.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await until(() => operations.listeners.size === 1);
  send();
  await page.getByRole('heading', { name: 'Lag by partition' }).waitFor();
  await pass(page, HOUR);
  const before = await figuresOf(devtools);
  await pass(page, 2 * HOUR);
  const after = await figuresOf(devtools);
  const grown = (name: string) => (after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN);
  const times = await frames(page, 3_000);
  const drawn = await figuresOf(devtools);
  const perSample = ((drawn.get('TaskDuration') ?? Number.NaN) - (after.get('TaskDuration') ?? 0)) / 30;
  expect(grown('JSHeapUsedSize')).toBeLessThan(2 * MB);
  expect(grown('Nodes')).toBeLessThan(200);
  // Seconds of the processor: a sample comes each second.
  expect(perSample).toBeLessThan(0.05);
  // Most frames are in time, whatever else the machine does.
  expect(times[Math.floor(times.length / 2)]).toBeLessThan(34);
  expect(await page.locator('.chart canvas').count()).toBe(7);
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}overview-hour.png`, fullPage: true });
});

test('an outlier is cut off and named, and the charts share what the reader points at', async () => {
  await until(() => operations.listeners.size === 0);
  const page = await browser.open(server.url);
  // All charts are in view: the others are not drawn.
  await page.setViewportSize({ width: 1440, height: 1_600 });
  await until(() => operations.listeners.size === 1);
  const [stopped, peak] = [second + 150, second + 90];
  for (let left = 300; left > 0; left--) {
    second += 1;
    const sample = liveSample(second, { lags: [second % 9] });
    const p99 = second === peak ? 30_000 : 20 + (second % 10);
    const consumer = {
      written: 0,
      changed: 0,
      unchanged: 0,
      dead_lettered: 0,
      batches: 0,
      stored_per_s: 0,
      dead_lettered_per_s: 0,
      batches_per_s: 0,
      partitions: [0],
      waiting: false,
      rebuilds: 0,
      lost: 0,
      readable_ms: { p50: 10, p99, count: 5 },
    };
    const at = sample.at;
    for (const one of operations.listeners) {
      one.sample({ ...sample, consumer });
      if (second === stopped) one.note({ at, kind: 'engine_action', text: '', engine: 'postgresql', action: 'kill' });
    }
  }
  await page.getByText(/^Peak: 30 s at \d/).waitFor();
  await page.getByRole('button', { name: 'Show the peak' }).click();
  await page.getByRole('button', { name: 'Cut the peak off' }).waitFor();
  const box = await page.locator('.chart .u-over').first().boundingBox();
  if (box === null) throw new Error('the chart is not in view');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const times = page.locator('.chart__when');
  await times.nth(6).waitFor();
  expect(new Set(await times.allTextContents()).size).toBe(1);
  await page.locator('.chart__event').getByText('PostgreSQL is being killed').first().waitFor();
  await page.getByText(/^p99 2\d ms$/).waitFor();
  expect(await seriousIn(page)).toEqual([]);
  await page.screenshot({ path: `${SHOTS}overview-pointed.png` });
  await page.mouse.move(0, 0);
  await times.first().waitFor({ state: 'detached' });
});

test('what happened is said in the reader’s language', async () => {
  await until(() => operations.listeners.size === 0);
  const russian = await browser.other({ locale: 'ru-RU' });
  try {
    const page = await russian.open(server.url);
    await until(() => operations.listeners.size === 1);
    const at = new Date(second * 1000).toISOString();
    for (const { note } of operations.listeners) {
      note({ at, kind: 'dead_letters', text: '3 dead letters arrived', count: 3 });
      note({ at, kind: 'engine_down', text: 'kafka does not answer', engine: 'kafka' });
    }
    send();
    await page.getByText('Новые отклонённые: 3 сообщения').waitFor();
    await page.getByText('Kafka не отвечает').waitFor();
    expect(russian.complaints).toEqual([]);
  } finally {
    await russian.close();
  }
});
