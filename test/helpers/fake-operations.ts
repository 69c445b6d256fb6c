import type { BrowsedMessage, BrowseQuery } from '../../src/kafka/read/message-browser.ts';
import { AppError } from '../../src/lib/app-error.ts';
import { GeneratorControl } from '../../src/producer/generator-control.ts';
import { LifePlan, STANDARD_LIVES } from '../../src/producer/life-table.ts';
import { STEADY } from '../../src/producer/schedule.ts';
import { ReaderControl } from '../../src/reader/reader-control.ts';
import type { Operations } from '../../src/server/api/api.ts';
import type { LiveNoteJson } from '../../src/server/api/live/notes.ts';
import type { LiveSampleJson } from '../../src/server/api/live/sample.ts';
import type { LiveListener } from '../../src/server/api/live/sampler.ts';
import { EventStreams } from '../../src/server/http/event-stream.ts';
import type { InspectedCache } from '../../src/storage/inspected-cache.ts';
import { InvalidationFeed } from '../../src/storage/invalidation-feed.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { MetricsPage } from '../../src/telemetry/metrics-page.ts';
import { fakeEngines } from './fake-engines.ts';
import { fakeVerifications } from './fake-verifications.ts';
import { storedDocument } from './stored-order.ts';

const MESSAGE: BrowsedMessage = {
  partition: 1,
  offset: 7,
  timestamp: Date.parse('2026-01-01T00:00:00Z'),
  key: Buffer.from([0xff]),
  headers: [[Buffer.from('h'), null]],
  value: Buffer.from('{}'),
  valueBytes: 2,
  cut: false,
  meaning: { kind: 'other', reason: 'schema', detail: '' },
};
const TOPIC = {
  name: 'orders',
  topicId: 't',
  internal: false,
  partitions: 2,
  replicationFactor: 1,
  messages: 9,
  pending: 2,
};
const OPEN = {
  topic: 'orders',
  partition: 0,
  firstOffset: 7,
  producerId: '12',
  transactionalId: 'payments',
  startedAt: Date.parse('2026-01-01T00:00:00Z'),
  timeoutMs: 60_000,
};
const HIDDEN = {
  ...TOPIC,
  name: '__offsets',
  topicId: undefined,
  internal: true,
  partitions: undefined,
  replicationFactor: undefined,
  messages: undefined,
  pending: undefined,
};
const PARTITIONS = [
  { topic: 'orders', partition: 0, committed: { offset: 5, byHand: false }, end: 9, stableEnd: 7 },
  { topic: 'orders', partition: 1, committed: undefined, end: 3, stableEnd: 3 },
  {
    topic: 'gone',
    partition: 0,
    committed: { offset: 5, byHand: true },
    end: undefined,
    stableEnd: undefined,
  },
];
const MEMBER = { memberId: 'm', clientId: 'c', host: '/h', assigned: new Map([['orders', [0, 1]]]) };
const OTHERS = Array.from({ length: 60 }, (_, at) => `other-${String(at).padStart(2, '0')}`);
/** `g`, and sixty others. */
const GROUPS = ['g', ...OTHERS].map((group) => ({
  group,
  state: 'Stable',
  protocolType: 'consumer',
  protocol: 'range',
  members: [MEMBER],
  partitions: PARTITIONS,
}));

export interface FakeOperations extends Operations {
  /** How offsets were to be moved. */
  readonly moved: unknown[];
  /** What the messages were asked for. */
  readonly asked: BrowseQuery[];
  readonly listeners: Set<LiveListener>;
  readonly history: { samples: LiveSampleJson[]; notes: LiveNoteJson[] };
  /** What arrives in a topic that is followed; awaited before each. */
  readonly arriving: Promise<BrowsedMessage[]>[];
  /** What the cache forgets. */
  readonly forgotten: InvalidationFeed;
  /** Messages in the topic. */
  readonly sent: unknown[];
}

/** Operations in memory: topic `orders` with one message at 1:7, a generator that sends into an array. */
export function fakeOperations(): FakeOperations {
  const asked: BrowseQuery[] = [];
  const sent: unknown[] = [];
  const forgotten = new InvalidationFeed();
  const listeners = new Set<LiveListener>();
  const history = { samples: [], notes: [] };
  const arriving: Promise<BrowsedMessage[]>[] = [];
  const known = (topic: string): void => {
    if (topic !== 'orders') throw new AppError('topic_missing', 'none', { retryable: true });
  };
  const sender = {
    send: async (_: string, messages: readonly unknown[]) => {
      sent.push(...messages);
      return messages.map((_message, at) => ({
        partition: 0,
        offset: BigInt(sent.length - messages.length + at),
      }));
    },
    close: async () => {},
  };
  const moved: unknown[] = [];
  const control = new GeneratorControl({
    sender,
    promptSender: sender,
    topic: 'orders',
    settings: { rate: 10, profile: STEADY, seed: 7, count: null, faults: new Map(), life: false, timeScale: 1 },
    lives: new LifePlan(STANDARD_LIVES),
    logger: silentLogger,
    closeTimeoutMs: 1_000,
  });
  const readers = new ReaderControl({
    target: () => ({ url: 'http://127.0.0.1:9' }),
    settings: { rate: 5, absent: 0.02, lists: 0.05, repeats: 0.1, thinkMs: 2_000, zipf: 1, connections: 4 },
    retentionMs: 0,
    logger: silentLogger,
  });
  return {
    asked,
    moved,
    sent,
    listeners,
    history,
    arriving,
    forgotten,
    cache: fakeCache(forgotten),
    lookups: () => ({ l1: 4, redis: 3, postgresql: 2, absent: 1, failed: 0 }),
    generator: control,
    generatorTopic: 'orders',
    messageSender: sender,
    topicUses: new Map([['orders', 'orders']]),
    readers,
    engines: fakeEngines(),
    engineWaitMs: 20,
    verifications: fakeVerifications(),
    verificationText: () => 'OK',
    topics: {
      list: async (internal) => (internal === true ? [HIDDEN, TOPIC] : [TOPIC]),
      find: async (name) => {
        known(name);
        const partition = {
          partition: 0,
          leader: undefined,
          replicas: [1],
          inSyncReplicas: [],
          start: 0,
          stableEnd: 7,
          end: 9,
          bytes: undefined,
        };
        return {
          ...TOPIC,
          partitionDetails: [partition],
          settings: [
            { name: 'a', value: null, source: 'topic' },
            { name: 'max.message.bytes', value: '1000', source: 'broker' },
          ],
          openTransactions: [OPEN],
        };
      },
    },
    groups: {
      list: async ({ text = '', topic = 'orders', after = '', limit }) => {
        const found = GROUPS.filter(({ group }) => group.includes(text) && ['orders', 'gone'].includes(topic));
        const rest = found.filter(({ group }) => group > after);
        const next = rest.length > limit ? rest[limit - 1]?.group : undefined;
        return { groups: rest.slice(0, limit), total: found.length, next };
      },
      find: async (name) => {
        const found = GROUPS.find(({ group }) => group === name);
        return found && { ...found, coordinator: { broker: 1, address: 'k:9092' }, openTransactions: [OPEN] };
      },
    },
    ownGroup: {
      group: 'g',
      topic: 'orders',
      stored: async () => new Map([[0, 8]]),
      ignoredMoves: () => new Map([[0, { movedTo: 2 }]]),
      move: async (target, { partitions = [0, 1], dryRun }) => {
        const missing = partitions.find((one) => one > 1);
        if (missing !== undefined) throw new AppError('usage', `no partition ${missing}`);
        moved.push({ target, partitions, dryRun });
        return partitions.map((partition) => ({ partition, start: 0, end: 9, from: 8, to: 0 }));
      },
    },
    messages: {
      list: async (topic, query) => {
        known(topic);
        asked.push(query);
        if (query.cursor === 'nonsense') return undefined;
        return { messages: [MESSAGE], scanned: 1, left: 0, pending: 2, cut: false, next: undefined };
      },
      find: async (topic, partition, offset) => {
        known(topic);
        return partition === 1 && offset === 7 ? MESSAGE : undefined;
      },
      ofOrder: async (topic, { orderUid }) => {
        known(topic);
        const log = { start: 0, end: 9 };
        const searched = [{ partition: 1, from: 2, to: 9, log }];
        return { found: [MESSAGE], key: Buffer.from(orderUid), searched, stopped: undefined, partitions: 2 };
      },
      follow: async function* (topic, signal) {
        known(topic);
        yield [];
        for (let next = arriving.shift(); next !== undefined && !signal.aborted; next = arriving.shift())
          yield await next;
      },
    },
    sampler: {
      history,
      listen: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      note: (kind, text, fields = {}) => {
        for (const { note } of listeners) note({ at: new Date().toISOString(), kind, text, ...fields });
      },
    },
    streams: new EventStreams({ max: 3 }),
    metrics: new MetricsPage([{ name: 'up', type: 'gauge', help: 'Up', read: () => 1 }]),
  };
}

/** One order, `a`, in both tiers. */
function fakeCache(invalidations: InvalidationFeed): InspectedCache {
  const document = storedDocument('a');
  const key = { uid: 'a', key: 'p:v2:order:a', kind: 'order', ttlMs: undefined, bytes: 9 } as const;
  const node = { address: 'r:1', tracked: true, keys: 1, usedBytes: undefined, maxBytes: 0 };
  let there = true;
  return {
    invalidations,
    trouble: undefined,
    errors: { out_of_memory: 2 },
    overview: async () => ({
      l1: { enabled: true, orders: 1, bytes: 10 },
      redis: { trouble: undefined, nodes: [node] },
    }),
    keys: async ({ cursor, contains = '' }) =>
      cursor === 'nonsense'
        ? undefined
        : { keys: there && 'a'.includes(contains) ? [key] : [], scanned: 7, cursor: undefined },
    find: async (uid) =>
      there && uid === 'a'
        ? { l1: document, redis: { ...key, value: Buffer.from('2 …'), document } }
        : { l1: undefined, redis: undefined },
    evict: async (...uids) => {
      for (const uid of uids) invalidations.note('evicted', uid, 1);
      if (uids.includes('a')) there = false;
      return true;
    },
    evictFound: async ({ cursor }, dryRun) => {
      if (cursor === 'nonsense') return undefined;
      const orders = there ? 1 : 0;
      if (!dryRun) there = false;
      return { orders, delivered: true, scanned: 7, cursor: cursor === undefined ? '0-5' : undefined };
    },
    flush: async () => {
      const keys = there ? 1 : 0;
      there = false;
      return keys;
    },
  };
}
