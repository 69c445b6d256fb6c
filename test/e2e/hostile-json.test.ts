import { afterAll, beforeAll, expect, test } from 'bun:test';
import sample from '../fixtures/order.json';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, startApp } from '../helpers/app-process.ts';
import { holdUpWhile } from '../helpers/hold-up.ts';
import { kcat } from '../helpers/kcat.ts';
import { until } from '../helpers/until.ts';

/** A second's quarter, so that health checks and lookups go on. */
const CEILING_MS = 250;
/** A patch that doubles a value forty times took gigabytes. */
const MOST_BYTES = 500_000_000;

let place: AppPlace;
let app: AppProcess;

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
  app = startApp(['run', '--json'], { env: { ...place.env, TEST_SERVICE_PRODUCER_ENABLED: 'false' } });
  await app.untilUp();
});

afterAll(async () => {
  await killRunning();
  await place.remove();
});

const json = { 'content-type': 'application/json' };
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const HALF_A_MEGABYTE = 524_288;
const list = (one: string) => `[${`${one},`.repeat(HALF_A_MEGABYTE / (one.length + 1) - 1_000)}${one}]`;
const orderWith = (items: string) => JSON.stringify({ ...sample, items: '…' }).replace('"…"', items);
const members = `{${Array.from({ length: 40_000 }, (_, at) => `"k${at}":1`).join(',')}}`;

async function letterOf(key: string, value: string): Promise<string> {
  await kcat(place.engines.broker, ['-P', '-t', place.topic, '-k', key, '-D', '\u0001'], value);
  let position = '';
  await until(async () => {
    const answer = await fetch(`${place.url}/api/v1/dead-letters?key=${key}`);
    const { letters }: { letters: { position: string }[] } = await answer.json();
    position = letters[0]?.position ?? '';
    return position !== '';
  });
  return position;
}

test('whatever JSON is sent, in a request or in a message, nobody else waits for it', async () => {
  const statuses = new Map<string, number>();
  const post = async (name: string, path: string, body: string, headers: Record<string, string> = json) => {
    const answer = await fetch(`${place.url}/api/v1${path}`, { method: 'POST', body, headers });
    await answer.text();
    statuses.set(name, answer.status);
  };
  const { worstMs, peakBytes } = await holdUpWhile(place.url, app.pid, async () => {
    const small = await letterOf('small', JSON.stringify({ ...sample, order_uid: 'small', items: [] }));
    const deep = await letterOf('deep', nested(250_000));
    const long = await letterOf('long', orderWith(list('1')));
    await letterOf('items', orderWith(list('{}')));
    await letterOf('members', members);
    const edit = (name: string, position: string, text: string) =>
      post(name, '/dead-letters/redrive', `{"positions":["${position}"],"dry_run":true,"edit":{${text}}}`);
    const copies = Array.from({ length: 40 }, (_, at) => ({ op: 'copy', from: '/x', path: `/x/${at}` }));
    const bomb = [{ op: 'add', path: '/x', value: { a: 'A'.repeat(100) } }, ...copies];
    await edit('a patch that doubles', small, `"patch":${JSON.stringify(bomb)}`);
    await edit('a deep value', small, `"value":${nested(200_000)}`);
    await edit('a deep value in a patch', small, `"patch":[{"op":"add","path":"/a","value":${nested(200_000)}}]`);
    await edit('a list’s length', small, '"patch":[{"op":"replace","path":"/items/length","value":4294967295}]');
    await edit(
      'lists compared',
      long,
      `"patch":[{"op":"test","path":"/items","value":${list('11').slice(0, 57_000)}1]}]`,
    );
    await edit('a patch of a deep letter', deep, '"patch":[{"op":"remove","path":"/0"}]');
    const removals = Array.from({ length: 1_000 }, () => ({ op: 'remove', path: '/items/0' }));
    await edit('a thousand operations', long, `"patch":${JSON.stringify(removals)}`);
    await edit('base64 that is none', small, `"value_base64":"${'A'.repeat(500_000)}!"`);
    for (const position of [deep, long]) {
      const answer = await fetch(`${place.url}/api/v1/dead-letters/${position}`);
      await answer.text();
      statuses.set(`letter ${position}`, answer.status);
    }
    for (const [name, text] of Object.entries({
      brackets: nested(260_000),
      objects: '{"a":'.repeat(100_000),
      items: orderWith(list('{}')),
      members,
    })) {
      await post(`lookup ${name}`, '/orders/lookup', text.slice(0, HALF_A_MEGABYTE));
      await post(`check ${name}`, '/orders/check', text.slice(0, HALF_A_MEGABYTE));
      await post(`send ${name}`, '/orders', text.slice(0, HALF_A_MEGABYTE));
      await post(`bulk ${name}`, '/orders/bulk', text, { 'content-type': 'application/x-ndjson' });
      await post(`redrive ${name}`, '/dead-letters/redrive', text.slice(0, HALF_A_MEGABYTE));
    }
  });
  expect([...statuses].filter(([, status]) => status >= 500)).toEqual([]);
  expect(worstMs).toBeLessThanOrEqual(CEILING_MS);
  expect(peakBytes).toBeLessThan(MOST_BYTES);
}, 120_000);
