import { describe, expect, test } from 'bun:test';
import { connect } from 'node:net';
import { until } from '../../../test/helpers/until.ts';
import { EventStream, EventStreams } from './event-stream.ts';
import { ProblemError } from './problem.ts';

async function textOf(stream: EventStream): Promise<string> {
  return await new Response(stream.body).text();
}

describe('EventStream', () => {
  test('writes events as HTML says', async () => {
    const stream = new EventStream({ overflow: 'end' });
    const text = textOf(stream);
    stream.send({ event: 'note', id: '7', data: { line: 'a\nb' } });
    stream.send({ data: 1 });
    await Bun.sleep(0);
    stream.beat();
    await Bun.sleep(0);
    stream.end();
    expect(await text).toBe('retry: 2000\n\nevent: note\nid: 7\ndata: {"line":"a\\nb"}\n\ndata: 1\n\n: \n\n');
  });

  test('leaves out what a slow reader has no room for, and counts it', () => {
    const stream = new EventStream({ overflow: 'leave_out', maxBufferedBytes: 100 });
    const taken = Array.from({ length: 50 }, (_, at) => stream.send({ data: at }));
    const left = taken.filter((one) => !one).length;
    expect(left).toBeGreaterThan(30);
    expect([stream.takeLeftOut(), stream.takeLeftOut(), stream.ended]).toEqual([left, 0, false]);
  });

  test('ends a slow reader, once', () => {
    let ends = 0;
    const stream = new EventStream({ overflow: 'end', maxBufferedBytes: 100, onEnd: () => ends++ });
    for (let at = 0; at < 50; at++) stream.send({ data: at });
    stream.end();
    expect([stream.ended, ends, stream.send({ data: 1 })]).toEqual([true, 1, false]);
  });
});

describe('over a socket', () => {
  test('a reader that does not read is dropped, one that goes away is forgotten', async () => {
    const streams = new EventStreams();
    const opened: EventStream[] = [];
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => {
        const stream = streams.open({ overflow: 'end', maxBufferedBytes: 100_000 });
        if (stream !== undefined) opened.push(stream);
        return new Response(stream?.body);
      },
    });
    const dial = () => {
      const socket = connect(server.port ?? 0, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      return socket.pause();
    };
    const slow = dial();
    await until(() => opened.length === 1);
    const data = 'x'.repeat(20_000);
    let sent = 0;
    await until(() => {
      for (let at = 0; at < 20; at++) sent += opened[0]?.send({ data }) ? data.length : 0;
      return opened[0]?.ended === true;
    });
    // What the system's own buffers hold, and no more.
    expect(sent).toBeLessThan(30_000_000);
    slow.destroy();
    const gone = dial();
    await until(() => opened.length === 2 && streams.size === 1);
    gone.destroy();
    await until(() => streams.size === 0);
    await server.stop(true);
  });
});

describe('EventStreams', () => {
  test('has a limit, and makes room when one ends', () => {
    const streams = new EventStreams({ max: 2 });
    const first = streams.open({ overflow: 'end' });
    expect(streams.open({ overflow: 'end' })).toBeDefined();
    expect(() => streams.open({ overflow: 'end' })).toThrow(ProblemError);
    first?.end();
    expect(streams.open({ overflow: 'end' })).toBeDefined();
    streams.close();
    expect(streams.size).toBe(0);
    expect(() => streams.open({ overflow: 'end' })).toThrow(ProblemError);
  });

  test('gives signs of life', async () => {
    const streams = new EventStreams({ beatMs: 5 });
    const stream = streams.open({ overflow: 'end' });
    if (stream === undefined) throw new Error('no stream');
    const reader = stream.body.getReader();
    let text = '';
    await until(async () => {
      text += Buffer.from((await reader.read()).value ?? []).toString();
      return text.includes(': \n\n: \n\n');
    });
    streams.close();
  });
});
