import { describe, expect, test } from 'bun:test';
import { FakeBackend } from '../../../test/helpers/app-under-test.ts';
import { fakeOperations } from '../../../test/helpers/fake-operations.ts';
import { until } from '../../../test/helpers/until.ts';
import type { BrowsedMessage } from '../../kafka/read/message-browser.ts';
import { AppError } from '../../lib/app-error.ts';

function setUp() {
  const operations = fakeOperations();
  const app = new FakeBackend().app({ operations });
  const get = async (path: string) => {
    const response = await app.request(`/api/v1${path}`);
    return { status: response.status, json: await response.json() };
  };
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await app.request(`/api/v1${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    return { status: response.status, json: await response.json() };
  };
  return { operations, app, get, send };
}

describe('generator', () => {
  test('starts, changes, stops, and says where it stands', async () => {
    const { operations, get, send } = setUp();
    const notes: unknown[] = [];
    operations.listeners.add({ sample: () => {}, note: (note) => notes.push(note) });
    expect((await get('/generator')).json).toMatchObject({ state: 'stopped', rate: 10, current_rate: 0 });
    const burst = { kind: 'burst', burst_rate: 500, for_ms: 100, every_ms: 1_000 };
    const load = { rate: 50, profile: burst, faults: { malformed: 7, duplicate: 0 }, seed: 9, count: 5_000 };
    const started = await send('POST', '/generator/start', load);
    expect(started.json).toMatchObject({ ...load, state: 'running', faults: { malformed: 7 } });
    expect((await send('POST', '/generator/start', {})).json).toMatchObject({ state: 'running', rate: 50 });
    await until(() => operations.sent.length > 3);
    expect((await send('PATCH', '/generator', { rate: 1, profile: { kind: 'steady' } })).json).toMatchObject({
      rate: 1,
      current_rate: 1,
    });
    expect(notes).toMatchObject([{ kind: 'rate_changed', rate: 1 }]);
    const stages = [
      { to_rate: 5, over_ms: 60_000 },
      { to_rate: 0, over_ms: 1_000, faults: 7 },
    ];
    const staged = await send('PATCH', '/generator', { profile: { kind: 'stages', stages } });
    expect(staged.json).toMatchObject({ profile: { kind: 'stages', stages }, current_rate: 1 });
    expect(staged.json.profile_ms).toBeLessThan(60_000);
    const bad = await send('PATCH', '/generator', {
      profile: { kind: 'stages', stages: [stages[0], { to_rate: -1 }] },
    });
    expect([bad.status, bad.json.violations.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
      422,
      ['/profile/stages/1/over_ms', '/profile/stages/1/to_rate'],
    ]);
    const stopped = await send('POST', '/generator/stop');
    expect(stopped.json).toMatchObject({
      state: 'stopped',
      counts: { sent: operations.sent.length, in_flight: 0 },
    });
    expect((await send('POST', '/generator/stop')).status).toBe(200);
  });

  test('previews without sending, and sends one', async () => {
    const { operations, app, get, send } = setUp();
    const { messages } = (await get('/generator/preview?count=3')).json;
    expect(messages.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    const spoiled = await send('POST', '/generator/preview', { count: 2, faults: { tombstone: 100 } });
    expect(spoiled.json.messages).toMatchObject([{ fault: 'tombstone' }, { fault: 'tombstone' }]);
    expect((await get('/generator')).json.faults).toEqual({});
    expect((await send('POST', '/generator/preview', { faults: { nul: 60, surrogate: 50 } })).status).toBe(422);
    expect(operations.sent).toEqual([]);
    const one = await send('POST', '/generator/send-one', {});
    expect(one.json).toMatchObject({ order_uid: messages[0].key, partition: 0, offset: 0, fault: null });
    const bad = await send('POST', '/generator/send-one', { fault: 'tombstone' });
    expect(bad.json).toMatchObject({ fault: 'tombstone', offset: 1 });
    expect(operations.sent).toMatchObject([{}, { value: null }]);
    const file = await app.request('/api/v1/generator/manifest.ndjson');
    expect(file.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await file.text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { topic: 'orders', partial: true },
      { fault: 'tombstone', expectedReason: 'tombstone', index: 1, order_uid: bad.json.order_uid, offset: 1 },
    ]);
    expect((await get('/generator')).json.injected).toBe(1);
  });

  test.each([
    ['PATCH', '/generator', { rate: 0 }],
    ['PATCH', '/generator', { faults: { malformed: 60, nul: 50 } }],
    ['PATCH', '/generator', { faults: { typo: 1 } }],
    ['PATCH', '/generator', { profile: { kind: 'burst', burst_rate: 1, for_ms: 10, every_ms: 10 } }],
    ['PATCH', '/generator', { profile: { kind: 'ramp', to_rate: 1 } }],
    ['POST', '/generator/start', { count: 0 }],
    ['POST', '/generator/send-one', { fault: 'duplicate' }],
  ])('%s %s refuses %j', async (method, path, body) => {
    const { operations, send } = setUp();
    const { status, json } = await send(method, path, body);
    expect([status, json.violations.length > 0]).toEqual([422, true]);
    expect([operations.sent, operations.generator.status.settings.rate]).toEqual([[], 10]);
  });
});

describe('readers', () => {
  test('start, change and stop, and say what they do', async () => {
    const { get, send } = setUp();
    expect((await get('/reader')).json).toMatchObject({
      state: 'stopped',
      rate: 5,
      absent: 2,
      latencies: [],
      stale: 0,
    });
    const started = await send('POST', '/reader/start', { rate: 50, absent: 7, connections: 2 });
    expect(started.json).toMatchObject({ state: 'running', rate: 50, absent: 7, lists: 5, connections: 2 });
    // Nothing listens there.
    await until(async () => (await get('/reader')).json.failures.length > 0);
    expect((await get('/reader')).json.failures[0]).toMatchObject({ kind: 'unreachable' });
    const changed = await send('PATCH', '/reader', { repeats: 90, lists: 0, zipf: 0 });
    expect(changed.json).toMatchObject({ repeats: 90, zipf: 0 });
    expect((await send('POST', '/reader/start', {})).json).toMatchObject({ state: 'running', rate: 50 });
    expect((await send('POST', '/reader/stop')).json).toMatchObject({ state: 'stopped' });
    expect((await send('POST', '/reader/stop')).status).toBe(200);
  });

  test.each([
    { rate: 0 },
    { rate: 10_001 },
    { connections: 0 },
    { absent: 101 },
    { absent: 60, lists: 50 },
    { repeats: 94 },
    { typo: 1 },
  ])('refuse %j', async (body) => {
    const { send } = setUp();
    for (const [method, path] of [
      ['PATCH', '/reader'],
      ['POST', '/reader/start'],
    ] as const) {
      const { status, json } = await send(method, path, body);
      expect([status, json.violations.length > 0]).toEqual([422, true]);
    }
  });
});

describe('topics', () => {
  test('lists them, Kafka’s own on request', async () => {
    const { get } = setUp();
    expect((await get('/topics')).json.topics.map(({ name }: { name: string }) => name)).toEqual(['orders']);
    expect((await get('/topics?internal=true')).json.topics[0]).toMatchObject({
      internal: true,
      messages: null,
    });
    expect((await get('/topics/orders')).json).toMatchObject({
      use: 'orders',
      pending: 2,
      partition_details: [{ leader: null, stable_end: 7, end: 9, bytes: null }],
      settings: [
        { name: 'a', own: true, source: 'topic' },
        { own: false, source: 'broker' },
      ],
      open_transactions: [{ first_offset: 7, transactional_id: 'payments', started_at: '2026-01-01T00:00:00.000Z' }],
    });
    expect((await get('/topics/none')).json).toMatchObject({
      status: 404,
      type: '/problems/topic-not-found',
    });
    expect((await get('/topics/a%20b')).status).toBe(400);
  });

  test('pages of messages, one message', async () => {
    const { operations, get } = setUp();
    const page = await get('/topics/orders/messages?partition=1&offset=5&key=%C3%A9&limit=3');
    expect(page.json.pending).toBe(2);
    expect(page.json.messages[0]).toMatchObject({ offset: 7, key: { base64: '/w==' } });
    await get('/topics/orders/messages?at=2026-01-01T00:00:00Z&value_bytes=9');
    expect(operations.asked).toMatchObject([
      { partition: 1, offset: 5, key: Buffer.from('é'), limit: 3, maxValueBytes: 2_048 },
      { at: Date.parse('2026-01-01'), limit: 50, maxValueBytes: 9 },
    ]);
    expect((await get('/topics/orders/messages/1:7')).status).toBe(200);
    expect((await get('/topics/orders/messages/1:8')).json.type).toBe('/problems/message-not-found');
    expect((await get('/topics/none/messages/1:7')).json.type).toBe('/problems/topic-not-found');
  });

  test.each(['offset=5', 'at=yesterday', 'partition=0&offset=1&at=1h', 'limit=0', 'cursor=nonsense', 'offsett=1'])(
    'refuses ?%s',
    async (query) => {
      const { get } = setUp();
      expect((await get(`/topics/orders/messages?${query}`)).status).toBe(400);
    },
  );

  test('groups: PostgreSQL’s offset counts for the own one, and all of a partition it has not begun', async () => {
    const { get } = setUp();
    const { json } = await get('/consumer-groups/g');
    expect(json.lag).toBe(4);
    expect(json.partitions).toMatchObject([
      { committed: 5, stored: 8, stable_end: 7, end: 9, lag: 1, pending: 1 },
      { committed: null, stored: null, end: 3, lag: 3, pending: 0 },
      { topic: 'gone', end: null, lag: null, pending: null },
    ]);
    expect(json.open_transactions).toMatchObject([{ partition: 0, producer_id: '12' }]);
    expect((await get('/consumer-groups/none')).json.type).toBe('/problems/group-not-found');
  });

  test('groups: what was moved by hand in Kafka is shown, for the own one only', async () => {
    const { get } = setUp();
    const own = (await get('/consumer-groups/g')).json;
    expect([own.own, own.ignored, own.partitions[0].ignored]).toEqual([true, 1, 2]);
    const { groups } = (await get('/consumer-groups?limit=2')).json;
    expect(groups).toMatchObject([
      { own: true, ignored: 1 },
      { own: false, ignored: 0 },
    ]);
  });

  test('offsets of the own group are moved, or would be', async () => {
    const { operations, send } = setUp();
    const to = (body: unknown, group = 'g') => send('POST', `/consumer-groups/${group}/offsets`, body);
    expect((await to({ to: 'earliest', dry_run: true })).json).toEqual({
      topic: 'orders',
      dry_run: true,
      partitions: [0, 1].map((partition) => ({ partition, start: 0, end: 9, from: 8, to: 0 })),
    });
    for (const where of [17, '17', '2026-01-01T00:00:00Z'])
      expect((await to({ to: where, partitions: [1] })).status).toBe(200);
    const one = { partitions: [1], dryRun: false };
    expect(operations.moved).toEqual([
      { target: 'earliest', partitions: [0, 1], dryRun: true },
      { target: { offset: 17 }, ...one },
      { target: { offset: 17 }, ...one },
      { target: { at: Date.parse('2026-01-01') }, ...one },
    ]);
    expect((await to({ to: 'yesterday' })).json.violations).toMatchObject([{ pointer: '/to' }]);
    expect((await to({ to: 0, partitions: [7] })).json.violations).toMatchObject([{ pointer: '/partitions' }]);
    expect((await to({ to: 0 }, 'other-00')).json.type).toBe('/problems/group-not-own');
    expect((await to({ to: 0 }, 'none')).json.type).toBe('/problems/group-not-found');
    expect(operations.moved).toHaveLength(4);
  });

  test('groups, a page at a time, all of them or by name, each with its lag', async () => {
    const { get } = setUp();
    const first = await get('/consumer-groups?limit=2');
    expect(first.json).toMatchObject({
      groups: [
        { group: 'g', members: 1, lag: 4 },
        { group: 'other-00', lag: 4, pending: 2 },
      ],
      total: 61,
      next_cursor: 'other-00',
    });
    const names: string[] = [];
    for (let cursor = ''; ; ) {
      const { json } = await get(`/consumer-groups?limit=25${cursor && `&cursor=${cursor}`}`);
      names.push(...json.groups.map(({ group }: { group: string }) => group));
      if (json.next_cursor === null) break;
      cursor = json.next_cursor;
    }
    expect([names.length, new Set(names).size]).toEqual([61, 61]);
    const found = (await get('/consumer-groups?text=er-5')).json;
    expect([found.total, found.groups.length, found.next_cursor]).toEqual([10, 10, null]);
    expect((await get('/consumer-groups?topic=gone&limit=1')).json.groups).toMatchObject([{ group: 'g', lag: 0 }]);
    expect((await get('/consumer-groups?topic=none')).json.groups).toEqual([]);
    expect((await get('/consumer-groups?limit=0')).status).toBe(400);
  });
});

describe('cache', () => {
  test('tiers, keys, one order', async () => {
    const { get } = setUp();
    expect((await get('/cache')).json).toMatchObject({
      enabled: true,
      l1: { orders: 1, hits: 4 },
      redis: {
        in_use: true,
        reason: null,
        errors: { out_of_memory: 2 },
        hits: 3,
        nodes: [{ used_bytes: null, max_bytes: 0 }],
      },
      postgresql: { hits: 2 },
    });
    expect((await get('/cache/keys')).json).toMatchObject({
      keys: [{ order_uid: 'a', key: 'p:v2:order:a', ttl_ms: null }],
      scanned: 7,
      next_cursor: null,
    });
    expect((await get('/cache/keys?contains=b')).json.keys).toEqual([]);
    expect((await get('/cache/keys?cursor=nonsense')).status).toBe(400);
    const { json } = await get('/cache/orders/a');
    expect([json.l1.order.order_uid, json.redis.order.order_uid, json.redis.value]).toEqual(['a', 'a', '2 …']);
    expect((await get('/cache/orders/b')).json).toEqual({ order_uid: 'b', l1: null, redis: null });
  });

  test('forgets one, or all', async () => {
    const { get, send } = setUp();
    expect((await send('DELETE', '/cache')).json).toEqual({ keys: 1 });
    expect((await send('DELETE', '/cache/orders/a')).json).toEqual({ order_uid: 'a', delivered: true });
    expect((await get('/cache/orders/a')).json.redis).toBeNull();
  });

  test('forgets many: those named, or part by part those that contain a text, counted first', async () => {
    const { get, send } = setUp();
    const evict = (body: object) => send('POST', '/cache/evictions', body);
    const none = { delivered: true, scanned: 0, next_cursor: null };
    expect((await evict({ order_uids: ['b', 'c', 'b'] })).json).toEqual({ ...none, orders: 2 });
    const part = { delivered: true, scanned: 7, next_cursor: '0-5' };
    for (const orders of [1, 1])
      expect((await evict({ contains: 'a', dry_run: true })).json).toEqual({ ...part, orders });
    expect((await evict({ contains: 'a' })).json).toEqual({ ...part, orders: 1 });
    expect((await evict({ contains: 'a', cursor: '0-5' })).json).toEqual({ ...part, orders: 0, next_cursor: null });
    expect((await get('/cache/orders/a')).json.redis).toBeNull();
    for (const wrong of [{}, { contains: '' }, { order_uids: [] }, { order_uids: ['a'], contains: 'a' }])
      expect((await evict(wrong)).status).toBe(422);
    expect((await evict({ contains: 'a', cursor: 'nonsense' })).status).toBe(422);
  });

  test('without a cache there is nothing to look into', async () => {
    const app = new FakeBackend().app({ operations: { ...fakeOperations(), cache: undefined } });
    expect(await (await app.request('/api/v1/cache')).json()).toMatchObject({ enabled: false });
    expect((await app.request('/api/v1/cache/keys')).status).toBe(503);
  });
});

describe('streams', () => {
  const message = (offset: number): BrowsedMessage => ({
    partition: 0,
    offset,
    timestamp: 0,
    key: null,
    headers: [],
    value: null,
    valueBytes: null,
    cut: false,
    meaning: { kind: 'other', reason: 'tombstone', detail: '' },
  });

  test('the tail of a topic ends with its source', async () => {
    const { operations, app, get } = setUp();
    const { promise, resolve } = Promise.withResolvers<BrowsedMessage[]>();
    operations.arriving.push(Promise.resolve([message(4), message(5)]), promise);
    const response = await app.request('/api/v1/topics/orders/tail');
    expect(response.headers.get('content-type')).toStartWith('text/event-stream');
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('id: 0:5')) resolve([]);
    }
    expect([...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)).toEqual(['0:4', '0:5']);
    expect((await get('/topics/none/tail')).json.type).toBe('/problems/topic-not-found');
    expect(operations.streams.size).toBe(0);
  });

  test('what the cache forgets: what was, then what comes, of one order when asked; a flood is counted', async () => {
    const { operations, app, get } = setUp();
    operations.forgotten.note('changed', 'a', 1);
    operations.forgotten.note('changed', 'b', 0);
    expect((await get('/cache/invalidations?order_uid=b')).json.invalidations).toMatchObject([
      { number: 2, reason: 'changed', order_uid: 'b', dropped: 0 },
    ]);
    const [all, ofOne] = await Promise.all(
      ['', '?order_uid=a'].map((query) => app.request(`/api/v1/cache/invalidations/tail${query}`)),
    );
    for (let left = 999; left >= 0; left--) operations.forgotten.note('changed', `flood-${left}`, 0, left);
    operations.forgotten.note('connection_lost', undefined, 3);
    let text = '';
    for await (const chunk of all?.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('left_out')) break;
    }
    expect(text.match(/^event: invalidation$/gm)).toHaveLength(202);
    expect(text).toContain('event: left_out\ndata: {"count":801}\n');
    const one = ofOne?.text();
    operations.streams.close();
    expect([...((await one) ?? '').matchAll(/^id: (.*)$/gm)].map(([, id]) => id)).toEqual(['1', '1003']);
    expect(operations.streams.size).toBe(0);
  });

  test('a tail whose topic can’t be read takes no place', async () => {
    const { operations, app } = setUp();
    operations.arriving.push(Promise.reject(new AppError('kafka_unavailable', 'gone', { retryable: true })));
    expect(await (await app.request('/api/v1/topics/orders/tail')).text()).toBe('retry: 2000\n\n');
    expect(operations.streams.size).toBe(0);
  });

  test('live: history first, then what happens; there is room for so many, and none after the end', async () => {
    const { operations, app, get } = setUp();
    const open = () => app.request('/api/v1/live');
    const [first] = await Promise.all([open(), open(), open()]);
    expect((await get('/live')).json).toMatchObject({ status: 503, type: '/problems/too-many-at-once' });
    for (const { note } of operations.listeners) note({ at: '1970-01-01T00:00:01Z', kind: 'engine_down', text: 'x' });
    const text = first?.text();
    await Bun.sleep(0);
    operations.streams.close();
    expect(await text).toContain(
      'event: history\ndata: {"samples":[],"notes":[]}\n\nevent: note\ndata: {"at":"1970-01-01T00:00:01Z"',
    );
    expect(operations.listeners.size).toBe(0);
    expect((await get('/live/history')).json).toEqual({ samples: [], notes: [] });
  });

  test('metrics are text, and open', async () => {
    const operations = fakeOperations();
    const app = new FakeBackend().app({ operations, token: 'a-token-of-some-length' });
    const response = await app.request('/metrics');
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('up 1\n')]);
    for (const path of ['generator', 'reader', 'topics', 'consumer-groups', 'live', 'topics/orders/tail'])
      expect((await app.request(`/api/v1/${path}`)).status).toBe(401);
  });
});
