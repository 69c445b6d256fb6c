import { describe, expect, test } from 'bun:test';
import { AsyncLocalStorage } from 'node:async_hooks';
import { pino } from 'pino';
import { type Logger, SampledLogger, Sampler, wantsColor } from './logger.ts';

test('logs are coloured on a terminal, unless NO_COLOR says otherwise', () => {
  expect(wantsColor(true, {})).toBe(true);
  expect(wantsColor(true, { NO_COLOR: '' })).toBe(true);
  expect(wantsColor(true, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor(false, {})).toBe(false);
});

describe('a flood of errors', () => {
  function flooded() {
    const written: object[] = [];
    const writer = (own: object): Logger => {
      const at = (level: string) => (fields: object, message: string) =>
        void written.push({ level, ...own, ...fields, message });
      const levels = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
      return { ...levels, child: (fields) => writer({ ...own, ...fields }) };
    };
    const sampler = new Sampler({ most: 2, withinMs: 60_000 });
    return { written, sampler, logger: new SampledLogger(writer({}), sampler) };
  }

  test('writes a few of them, and then how many there were', () => {
    const { written, sampler, logger } = flooded();
    for (let at = 1; at <= 1_000; at++) logger.warn({ at }, 'bad message');
    logger.error({}, 'another');
    expect(written.length).toBe(3);
    sampler.tell();
    expect(written.slice(2)).toEqual([
      { level: 'error', message: 'another' },
      { level: 'warn', at: 1_000, repeated: 998, message: 'bad message' },
    ]);
    logger.warn({}, 'bad message');
    expect(written.length).toBe(5);
  });

  test('of one part holds back nothing of another, nor what is no error', () => {
    const { written, logger } = flooded();
    const one = logger.child({ role: 'consumer' });
    for (let at = 0; at < 9; at++) one.warn({}, 'bad message');
    logger.child({ role: 'server' }).warn({}, 'bad message');
    for (let at = 0; at < 9; at++) one.info({}, 'news');
    expect(written.length).toBe(2 + 1 + 9);
    expect(written[2]).toEqual({ level: 'warn', role: 'server', message: 'bad message' });
  });

  test('of one client holds back nothing of another, until there are too many clients', () => {
    const { written, sampler, logger } = flooded();
    for (let at = 0; at < 9; at++) logger.warn({ client: 'noisy' }, 'refused');
    logger.warn({ client: 'quiet' }, 'refused');
    expect(written.at(-1)).toMatchObject({ client: 'quiet' });
    for (let at = 0; at < 1_000; at++) logger.warn({ client: `one of many ${at}` }, 'refused');
    expect(written.length).toBeLessThan(110);
    logger.warn({ client: 'quiet' }, 'refused');
    expect(written.at(-1)).toMatchObject({ client: 'quiet' });
    sampler.tell();
    expect(written.slice(-2)).toMatchObject([
      { client: 'noisy', repeated: 7 },
      { client: 'one of many 999', repeated: expect.any(Number) },
    ]);
  });

  test('is told in the trace of the last, as are its data', () => {
    const { lines, stream } = collected();
    const traces = new AsyncLocalStorage<string>();
    const mixin = () => ({ trace_id: traces.getStore() });
    const sampler = new Sampler({ most: 1, withinMs: 60_000 });
    const logger = new SampledLogger(pino({ base: null, mixin }, stream), sampler);
    for (const trace of ['first', 'second', 'last']) traces.run(trace, () => logger.warn({ of: trace }, 'bad message'));
    traces.run('another', () => sampler.tell());
    logger.warn({}, 'bad message');
    expect(lines()).toMatchObject([
      { trace_id: 'first', of: 'first' },
      { trace_id: 'last', of: 'last', repeated: 2 },
      { msg: 'bad message' },
    ]);
    expect(lines()[2]).not.toHaveProperty('trace_id');
    sampler.tell();
  });
});

/** Where pino can write, and what it has written. */
function collected() {
  const texts: string[] = [];
  const lines = (): object[] => texts.map((text) => JSON.parse(text));
  return { lines, stream: { write: (text: string) => void texts.push(text) } };
}

test.each(['error', 'silent'])('a child with a level of its own is heard at level %s', (level) => {
  const { lines, stream } = collected();
  const sampler = new Sampler({ most: 1, withinMs: 60_000 });
  const logger = new SampledLogger(pino({ base: null, level }, stream), sampler).child({ role: 'server' });
  const audit = logger.child({ audit: true }, { level: 'info' });
  for (const one of [logger, audit]) {
    one.debug({}, 'detail');
    one.info({}, 'news');
    one.warn({}, 'deviation');
  }
  expect(lines()).toMatchObject([
    { role: 'server', audit: true, msg: 'news' },
    { role: 'server', audit: true, msg: 'deviation' },
  ]);
  sampler.tell();
});

test('the interval ends by itself', async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const written: number[] = [];
  const count = new Sampler({ most: 1, withinMs: 1 }).count(() => {});
  for (const at of [1, 2, 3]) count((repeated) => (repeated === undefined ? written.push(at) : resolve(repeated)));
  expect(written).toEqual([1]);
  // The timer keeps no process alive, so something else must.
  const alive = setInterval(() => {}, 1_000);
  expect(await promise).toBe(2);
  clearInterval(alive);
});
