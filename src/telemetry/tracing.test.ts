import { afterEach, expect, test } from 'bun:test';
import { TraceReceiver } from '../../test/helpers/trace-receiver.ts';
import { until } from '../../test/helpers/until.ts';
import { AppError } from '../lib/app-error.ts';
import { type Logger, silentLogger } from './logger.ts';
import { spanContextOf, Tracing, type TracingOptions } from './tracing.ts';

const RECORDED = spanContextOf('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
const closing: { close(deadlineMs: number): unknown }[] = [];

afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close(10);
});

function traced(options: Partial<TracingOptions> = {}) {
  const receiver = new TraceReceiver();
  const said: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_, text) => void said.push(text) };
  const endpoint = receiver.url;
  const tracing = new Tracing({ endpoint, headers: () => ({}), sampleRatio: 1, version: '1', logger, ...options });
  closing.push(receiver, tracing);
  return { receiver, tracing, said };
}

test('a span within another is its child, a failure has a type and no text', async () => {
  const { receiver, tracing } = traced();
  const failing = tracing.span({ name: 'outer', kind: 'server' }, () =>
    tracing.span({ name: 'inner', kind: 'client' }, () => {
      throw new AppError('database_unavailable', 'the text of the order');
    }),
  );
  await expect(failing).rejects.toThrow('the text of the order');
  expect(tracing.ids()).toBeUndefined();
  await tracing.close(5_000);
  const [inner, outer] = receiver.spans;
  expect(inner).toMatchObject({ name: 'inner', attributes: { 'error.type': 'database_unavailable' } });
  expect([inner?.traceId, inner?.parentSpanId]).toEqual([outer?.traceId, outer?.spanId]);
  expect(receiver.text).not.toContain('the text of the order');
});

test('the ratio is for new traces: a caller’s trace and a batch with a recorded message are recorded', async () => {
  const { receiver, tracing } = traced({ sampleRatio: 0 });
  const links = RECORDED === undefined ? [] : [RECORDED];
  const nothing = (): void => {};
  await tracing.span({ name: 'new', kind: 'server' }, nothing);
  await tracing.span({ name: 'called', kind: 'server', parent: RECORDED }, nothing);
  await tracing.span({ name: 'batch', kind: 'consumer', parent: 'none', links }, nothing);
  await tracing.close(5_000);
  expect(receiver.spans.map(({ name }) => name)).toEqual(['called', 'batch']);
});

test('a receiver that never answers costs a bounded number of spans, and the end does not wait for it', async () => {
  const silent = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Promise<Response>(() => {}) });
  closing.push({ close: () => silent.stop(true) });
  const { tracing, said } = traced({ endpoint: silent.url.href });
  for (let at = 0; at < 20_000; at++) await tracing.span({ name: 'one', kind: 'client' }, () => at);
  const began = performance.now();
  await tracing.close(100);
  expect(performance.now() - began).toBeLessThan(4_000);
  expect(said).toContain('the last traces were not exported in time');
});

test('a receiver that refuses is told of once', async () => {
  const { receiver, tracing, said } = traced();
  receiver.status = 401;
  const fill = async () => {
    for (let at = 0; at < 512; at++) await tracing.span({ name: 'one', kind: 'client' }, () => at);
  };
  await fill();
  await until(() => said.length === 1);
  await fill();
  await tracing.close(5_000);
  expect(said).toEqual(['traces can’t be exported and are dropped']);
});
