import { describe, expect, test } from 'bun:test';
import { JSON_TYPE, nameOf, post } from '../../../../test/helpers/app-requests.ts';
import { FakeBackend } from '../../../../test/helpers/app-under-test.ts';
import { storedOrder } from '../../../../test/helpers/stored-order.ts';

const sample = storedOrder('b563feb7b2b84b6test').order;

const lookUp = (app: ReturnType<FakeBackend['app']>, uid: unknown) =>
  post(app, '/api/v1/orders/lookup', JSON.stringify({ order_uid: uid }));

describe('finding an order', () => {
  test('both lookups answer with the order itself, and say in headers where it came from', async () => {
    const backend = new FakeBackend().add(storedOrder(sample.order_uid));
    const app = backend.app();
    for (const answer of [
      await app.request(`/api/v1/orders/${sample.order_uid}`),
      await lookUp(app, sample.order_uid),
    ]) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual(sample);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.headers.get('x-cache')).toBe('postgresql');
      expect(answer.headers.get('server-timing')).toMatch(/^lookup;desc="postgresql";dur=\d+\.\d\d$/);
      expect(answer.headers.get('x-order-partition')).toBe('3');
      expect(answer.headers.get('x-order-offset')).toBe('9007199254740993');
      expect(answer.headers.get('x-order-stored-at')).toBe('2025-10-09T08:53:20.123Z');
    }
    for (const tier of ['redis', 'l1'] as const) {
      backend.tier = tier;
      const { headers } = await lookUp(app, sample.order_uid);
      expect(headers.get('x-cache')).toBe(tier);
      expect(headers.get('server-timing')).toMatch(new RegExp(`^lookup;desc="${tier}";dur=\\d+\\.\\d\\d$`));
    }
  });

  test('an order kept in memory is answered as any other is', async () => {
    const backend = new FakeBackend().add(storedOrder('a'), storedOrder('a?b=1'), storedOrder('%61'));
    backend.tier = 'l1';
    const app = backend.app();
    const get = (path: string, init?: RequestInit) => Promise.resolve(app.request(`/api/v1/orders/${path}`, init));
    const plain = await get('a');
    // What is escaped is read the long way.
    const careful = await get('%61');
    expect(await careful.text()).toBe(await plain.text());
    expect([...careful.headers]).toEqual([...plain.headers]);
    const head = await get('a', { method: 'HEAD' });
    expect([head.status, await head.text(), head.headers.get('etag')]).toEqual([200, '', plain.headers.get('etag')]);
    const same = await get('a', { headers: { 'if-none-match': plain.headers.get('etag') ?? '' } });
    expect([same.status, await same.text()]).toEqual([304, '']);
    expect(await nameOf(get('a?b=1'))).toEqual([400, 'bad-request']);
    expect(await nameOf(app.request('http://evil.example/api/v1/orders/a'))).toEqual([421, 'wrong-host']);
  });

  test('uids of any characters, kept in memory or not', async () => {
    for (const tier of ['postgresql', 'l1'] as const) {
      for (const uid of ['a/b', 'a%2Fb', 'ü 😀?#&', '%', '"', '\u0001', 'x'.repeat(128)]) {
        const backend = new FakeBackend().add(storedOrder(uid));
        backend.tier = tier;
        const app = backend.app();
        const answer = await app.request(`/api/v1/orders/${encodeURIComponent(uid)}`);
        expect(answer.status).toBe(200);
        expect((await answer.json()).order_uid).toBe(uid);
        expect((await lookUp(app, uid)).status).toBe(200);
      }
    }
    // URL parsers take these for dot segments, however they are escaped: they can only be asked for by POST.
    expect((await lookUp(new FakeBackend().add(storedOrder('..')).app(), '..')).status).toBe(200);
  });

  test('what can’t be an order_uid is not looked up', async () => {
    const app = new FakeBackend().app();
    for (const uid of ['', 'x'.repeat(129), 'a\u0000b', '\ud800', 5, null, ['a'], {}]) {
      expect(await nameOf(lookUp(app, uid))).toEqual([422, 'invalid-body']);
    }
    for (const path of ['%zz', '%ff', 'a%00b', 'x'.repeat(129)]) {
      expect(await nameOf(app.request(`/api/v1/orders/${path}`))).toEqual([400, 'bad-request']);
    }
  });

  test('the tag is strong, the same for the same order, and saves the body', async () => {
    const backend = new FakeBackend().add(storedOrder('a'));
    const app = backend.app();
    const get = (tag: string) => app.request('/api/v1/orders/a', { headers: { 'if-none-match': tag } });
    const first = await app.request('/api/v1/orders/a');
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{20,}"$/);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    for (const header of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const again = await get(header);
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
    }
    expect((await get('"x"')).status).toBe(200);
    backend.add(storedOrder('a', { track_number: 'changed' }));
    expect((await get(tag)).status).toBe(200);
  });

  test('HEAD has the headers without the body', async () => {
    const app = new FakeBackend().add(storedOrder('a')).app();
    const head = await app.request('/api/v1/orders/a', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('etag')).not.toBeNull();
  });

  test('a lookup’s body must be JSON of its form', async () => {
    const app = new FakeBackend().app();
    const path = '/api/v1/orders/lookup';
    for (const body of ['', '{', 'order_uid=a', Buffer.from([0x22, 0xff, 0x22])]) {
      expect(await nameOf(post(app, path, body))).toEqual([400, 'bad-json']);
    }
    for (const body of ['1', 'null', '[]', '{}', '{"order_uid":"a","b":1}']) {
      expect(await nameOf(post(app, path, body))).toEqual([422, 'invalid-body']);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json-patch+json', '']) {
      expect(await nameOf(post(app, path, '{}', { 'content-type': type }))).toEqual([415, 'unsupported-media-type']);
    }
    const utf8 = { 'content-type': 'application/json; charset=UTF-8' };
    expect(await nameOf(post(app, path, '{"order_uid":"a"}', utf8))).toEqual([404, 'order-not-found']);
  });

  test('a body past the limit is refused, with and without a content-length', async () => {
    const app = new FakeBackend().app({ maxBodyBytes: 100 });
    const path = '/api/v1/orders/lookup';
    const said = { ...JSON_TYPE, 'content-length': '101' };
    expect(await nameOf(post(app, path, 'x'.repeat(101), said))).toEqual([413, 'body-too-large']);
    const chunks = new Blob(['x'.repeat(60), 'x'.repeat(60)]).stream();
    expect(await nameOf(post(app, path, chunks))).toEqual([413, 'body-too-large']);
  });
});

describe('the list', () => {
  test('has 20 orders unless asked otherwise, newest first', async () => {
    const backend = new FakeBackend();
    for (let at = 0; at < 30; at++) {
      const stored = storedOrder(`o${at}`);
      backend.add({ ...stored, origin: { ...stored.origin, storedAt: at } });
    }
    const list = async (query: string) => (await (await backend.app().request(`/api/v1/orders${query}`)).json()).orders;
    expect((await list('')).length).toBe(20);
    expect((await list('?limit=2')).map((one: { order_uid: string }) => one.order_uid)).toEqual(['o29', 'o28']);
    expect((await list('?limit=200')).length).toBe(30);
  });

  test('refuses a limit out of bounds', async () => {
    for (const limit of ['0', '201', '-1', '1.5', 'x', '', '1e2', '99999999999']) {
      expect(await nameOf(new FakeBackend().app().request(`/api/v1/orders?limit=${limit}`))).toEqual([
        400,
        'bad-request',
      ]);
    }
  });
});
