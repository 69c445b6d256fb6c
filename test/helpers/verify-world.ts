import { deadLetterOf } from '../../src/consumer/dead-letter.ts';
import type { Finding, FindingKind, ShareReport, VerifyReport } from '../../src/contract/verification.ts';
import type { LogRange, LogRecord } from '../../src/kafka/read/order-log.ts';
import type { TopicSlice } from '../../src/kafka/read/topic-reader.ts';
import { decodeOrder } from '../../src/order/decode.ts';
import type { Order } from '../../src/order/order.ts';
import type { RejectionReason } from '../../src/order/rejection.ts';
import { reject } from '../../src/order/validate.ts';
import { firstDifference, replaces } from '../../src/order/version.ts';
import type { LogCut, LostRange } from '../../src/storage/postgresql/offset-store.ts';
import type { StoredMatch } from '../../src/storage/postgresql/stored-match.ts';
import type { Listed, SourceRow, StoredState } from '../../src/storage/postgresql/stored-snapshot.ts';
import type { RecordSource } from '../../src/verify/collect-evidence.ts';
import { conclude } from '../../src/verify/conclude.ts';
import { EvidenceIndex } from '../../src/verify/evidence-index.ts';
import type { ManifestLine } from '../../src/verify/manifest.ts';
import { checkShares, readShare, shareText } from '../../src/verify/share-file.ts';
import { type VerifyOptions, type VerifySources, verify, verifyShare } from '../../src/verify/verify.ts';
import { logRecord } from './log-record.ts';
import { sampleOrder } from './sample-orders.ts';

export const TOPIC = 'orders';
export const NOW = Date.parse('2026-01-15T12:00:00Z');
const SLICE = 3;

/** What is stored under a uid. */
export interface WorldRow {
  order: Order;
  topic: string;
  partition: number;
  offset: number;
  producedAt: number;
  earlier: boolean;
  /** NOW unless said otherwise. */
  storedAt?: number;
}

/** A topic in memory, read in short slices. */
export class FakeLog implements RecordSource {
  readonly partitions = new Map<number, (LogRecord | undefined)[]>();
  readonly starts = new Map<number, number>();
  /** Where an open transaction begins, by partition. */
  readonly open = new Map<number, number>();
  /** Called after each look at the ranges. */
  onRanges: (() => void) | undefined;

  constructor(partitions: number) {
    for (let partition = 0; partition < partitions; partition++) this.partitions.set(partition, []);
  }

  /** Appends; undefined leaves a gap. @returns the offset */
  append(
    partition: number,
    value: string | Buffer | null | undefined,
    headers = {},
    key?: string | Buffer | null,
    timestamp = NOW,
  ): number {
    const list = this.partitions.get(partition) ?? [];
    const offset = list.length;
    list.push(
      value === undefined
        ? undefined
        : logRecord({ offset, value, headers, timestamp, ...(key !== undefined && { key }) }),
    );
    return offset;
  }

  /** It is another one at each look. */
  get changes(): boolean {
    return this.onRanges !== undefined;
  }

  async ranges(): Promise<Map<number, LogRange>> {
    const ranges = new Map(
      [...this.partitions].map(([partition, list]) => [
        partition,
        { start: this.starts.get(partition) ?? 0, end: this.open.get(partition) ?? list.length },
      ]),
    );
    this.onRanges?.();
    return ranges;
  }

  async highWatermarks(): Promise<Map<number, number>> {
    return new Map([...this.partitions].map(([partition, list]) => [partition, list.length]));
  }

  async openTransactions(partitions: readonly number[]) {
    return partitions.map((partition) => ({
      topic: TOPIC,
      partition,
      firstOffset: this.open.get(partition) ?? 0,
      producerId: '12',
      transactionalId: 'payments',
      startedAt: NOW,
      timeoutMs: 60_000,
    }));
  }

  async *read(ranges: ReadonlyMap<number, LogRange>): AsyncGenerator<TopicSlice> {
    for (const [partition, { start, end }] of ranges) {
      for (let at = start; at < end; at += SLICE) {
        const nextOffset = Math.min(end, at + SLICE);
        const records = (this.partitions.get(partition) ?? [])
          .slice(at, nextOffset)
          .filter((record) => record !== undefined);
        yield { partition, records, nextOffset };
      }
    }
  }
}

/** A database in memory: what it answers is what is set here. */
export class FakeStored implements StoredState {
  readonly rows = new Map<string, WorldRow>();
  readonly next = new Map<number, number>();
  readonly moved = new Map<number, number>();
  readonly knownTopics = new Set([TOPIC]);
  readonly lost: LostRange[] = [];
  readonly cuts: LogCut[] = [];
  readonly lonelyItems: string[] = [];
  readonly bareOrders: SourceRow[] = [];
  until: number | undefined;
  expired: number | undefined;

  async compare(orders: readonly { readonly order: Order }[]): Promise<(StoredMatch | undefined)[]> {
    return orders.map(({ order }) => {
      const row = this.rows.get(order.order_uid);
      const same = row && firstDifference(order, row.order) === undefined;
      return row && { storedAt: NOW, ...row, same: same === true };
    });
  }

  async difference(order: Order): Promise<string | undefined> {
    const row = this.rows.get(order.order_uid);
    return row && firstDifference(order, row.order);
  }

  async nextOffsets(): Promise<Map<number, number>> {
    return this.next;
  }

  async movedAt(): Promise<ReadonlyMap<number, number>> {
    return this.moved;
  }

  async earlierUntil(): Promise<number | undefined> {
    return this.until;
  }

  async expiredUntil(): Promise<number | undefined> {
    return this.expired;
  }

  async lostRanges(limit: number): Promise<Listed<LostRange>> {
    return listed(this.lost, limit);
  }

  async logCuts(): Promise<readonly LogCut[]> {
    return this.cuts;
  }

  async countBySource(ranges: readonly ({ partition: number } & LogRange)[], bucketSize: number) {
    const counts = new Map<string, { partition: number; bucket: number; orders: number }>();
    for (const range of ranges) {
      for (const { offset } of this.#from(range.partition, range.start, range.end)) {
        const bucket = Math.floor((offset - range.start) / bucketSize);
        const key = `${range.partition}/${bucket}`;
        const known = counts.get(key);
        counts.set(key, { partition: range.partition, bucket, orders: (known?.orders ?? 0) + 1 });
      }
    }
    return [...counts.values()];
  }

  async ordersFrom({ partition, start, end }: { partition: number } & LogRange, limit: number) {
    return this.#from(partition, start, end).slice(0, limit);
  }

  async ordersOfNowhere(ends: ReadonlyMap<number, number>, limit: number): Promise<Listed<SourceRow>> {
    const past = [...this.rows].flatMap(([orderUid, { topic, partition, offset, earlier }]) =>
      !this.knownTopics.has(topic) ||
      (topic === TOPIC && !earlier && (offset < 0 || offset >= (ends.get(partition) ?? 0)))
        ? [{ orderUid, partition, offset }]
        : [],
    );
    return listed(past, limit);
  }

  async itemsWithoutOrder(limit: number): Promise<Listed<string>> {
    return listed(this.lonelyItems, limit);
  }

  async ordersWithoutItems(limit: number): Promise<Listed<SourceRow>> {
    return listed(this.bareOrders, limit);
  }

  #from(partition: number, start: number, end: number): SourceRow[] {
    return [...this.rows]
      .filter(([, row]) => row.topic === TOPIC && row.partition === partition && !row.earlier)
      .filter(([, row]) => row.offset >= start && row.offset < end)
      .map(([orderUid, { offset }]) => ({ orderUid, partition, offset }))
      .sort((a, b) => a.offset - b.offset);
  }
}

/** A log, its dead letters and a database that agree, to be brought into disagreement. */
export class VerifyWorld {
  readonly log: FakeLog;
  readonly letters = new FakeLog(1);
  readonly stored = new FakeStored();
  readonly manifest: ManifestLine[] = [];
  #clock = NOW;

  constructor(partitions = 2) {
    this.log = new FakeLog(partitions);
  }

  /**
   * Sends an order and stores it as the consumer does: the last one of a partition counts, an identical one changes
   * nothing, and across partitions the newer one is stored. Each is produced later than the one before, unless
   * `producedAt` says otherwise.
   */
  order(uid: string, partition = 0, changes: Partial<Order> = {}, producedAt = ++this.#clock): number {
    const order = sampleOrder(uid, 1, changes);
    const offset = this.sendOnly(order, partition, producedAt);
    const before = this.stored.rows.get(uid);
    const counts =
      before === undefined ||
      (before.partition === partition || before.earlier
        ? firstDifference(before.order, order) !== undefined
        : replaces({ partition, producedAt }, before));
    if (counts) {
      this.stored.rows.set(uid, { order, topic: TOPIC, partition, offset, producedAt, earlier: false });
    }
    this.stored.next.set(partition, offset + 1);
    return offset;
  }

  /** Sends an order that is not stored; the group does not pass it. */
  sendOnly(order: Order, partition = 0, producedAt = ++this.#clock): number {
    return this.log.append(partition, JSON.stringify(order), { 'produced-at': String(producedAt) });
  }

  /** Sends what is no order, and passes it. */
  bad(value: string | null = 'nope', partition = 0): number {
    const offset = this.log.append(partition, value);
    this.stored.next.set(partition, offset + 1);
    return offset;
  }

  /** The dead letter of a message; `value` when it is to hold other bytes. */
  letter(
    offset: number,
    reason: RejectionReason,
    change: {
      partition?: number;
      value?: string | null;
      at?: number;
      topic?: string;
      key?: string | null;
      /** What the letter has instead of what the service writes. */
      headers?: Record<string, string>;
    } = {},
  ): void {
    const { partition = 0, at = NOW, topic = TOPIC } = change;
    const sent = this.log.partitions.get(partition)?.[offset];
    const given = change.value === undefined ? sent?.value : change.value;
    const value = given === undefined || given === null ? null : Buffer.from(given);
    const record = logRecord({ offset, value, key: sent?.key ?? null, headers: headersOf(sent) });
    const verdict = decodeOrder(value, { maxBytes: 524_288, now: () => at });
    const rejection = verdict.ok || verdict.reason !== reason ? reject(reason, '', '') : verdict;
    const message = deadLetterOf({ topic, partition, record, rejection, at });
    const carried = Object.fromEntries((message.carried ?? []).map(([name, text]) => [`${name}`, `${text}`]));
    const headers = { ...carried, ...message.headers, ...change.headers };
    this.letters.append(0, message.value, headers, change.key === undefined ? message.key : change.key, at);
  }

  /**
   * Verifies the whole topic, and again in shares of a partition each, and in two, of which every one is written and read.
   * @throws when they differ
   */
  async verify(options: Partial<VerifyOptions> = {}, without: 'letters' | undefined = undefined) {
    const partitions = [...this.log.partitions.keys()];
    const whole = await this.#withIndex((index) => verify(...this.#task(index, options, without)));
    // What changes while it is read can't be read twice.
    if (this.log.changes) return whole;
    const merged = await this.#inShares(partitions.map((partition) => [partition]).reverse(), (share, index) =>
      verifyShare(...this.#task(index, { ...options, share }, without)),
    );
    const differs = firstUnlike(merged, whole);
    if (differs !== undefined) throw new Error(`by shares, ${differs}`);
    return whole;
  }

  /** The verdict by shares of these partitions. */
  async #inShares(
    split: readonly (readonly number[])[],
    judge: (share: ReadonlySet<number>, index: EvidenceIndex) => Promise<ShareReport>,
  ): Promise<VerifyReport> {
    return this.#withIndex(async (all) => {
      const shares: ShareReport[] = [];
      for (const partitions of split) {
        const pieces = await this.#withIndex(async (index) => [
          ...shareText(await judge(new Set(partitions), index), index.orders),
        ]);
        const share = await readShare(bytesOf(pieces), all.orders);
        if (share === undefined) throw new Error('the share is not whole');
        shares.push(share);
      }
      checkShares(
        shares,
        split.map((partitions) => `${partitions}`),
      );
      return conclude(shares, all.orders);
    });
  }

  async #withIndex<T>(work: (index: EvidenceIndex) => Promise<T>): Promise<T> {
    const index = new EvidenceIndex();
    try {
      return await work(index);
    } finally {
      index.close();
    }
  }

  #task(
    index: EvidenceIndex,
    options: Partial<VerifyOptions>,
    without: 'letters' | undefined,
  ): [VerifyOptions, VerifySources] {
    const ends = new Map([...this.log.partitions].map(([partition, list]) => [partition, list.length]));
    const { manifest } = this;
    const pages = async function* () {
      yield manifest;
    };
    return [
      {
        topic: TOPIC,
        deadLetterTopic: `${TOPIC}.dead-letters`,
        group: 'group',
        maxOrderBytes: 524_288,
        maxFindings: 10,
        ends,
        compacted: new Set(),
        signal: new AbortController().signal,
        onProgress: () => {},
        now: () => NOW,
        ...options,
      },
      {
        log: this.log,
        deadLetters: without === 'letters' ? undefined : this.letters,
        stored: this.stored,
        manifest: manifest.length === 0 ? undefined : pages(),
        index,
      },
    ];
  }
}

async function* bytesOf(pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** In what two reports differ, but for the time they took; undefined if in nothing. */
function firstUnlike(a: VerifyReport, b: VerifyReport): string | undefined {
  const timeless = (report: VerifyReport) => ({ ...report, seconds: 0, messagesPerSecond: 0 });
  const theirs = new Map(Object.entries(timeless(b)));
  for (const [name, value] of Object.entries(timeless(a))) {
    if (!Bun.deepEquals(value, theirs.get(name)))
      return `${name} is ${JSON.stringify(value)}, not ${JSON.stringify(theirs.get(name))}`;
  }
  return undefined;
}

/** The only finding of a report. @throws when there are others, or none */
export function onlyFinding(report: VerifyReport): Finding & { kind: FindingKind } {
  const [group, ...others] = report.findings;
  const [finding, ...more] = group?.listed ?? [];
  if (finding === undefined || others.length + more.length > 0 || report.ok) {
    throw new Error(`not exactly one finding: ${JSON.stringify(report.findings)}`);
  }
  return finding;
}

function headersOf(record: LogRecord | undefined): Record<string, string> {
  return Object.fromEntries((record?.headers ?? []).map(([name, text]) => [`${name}`, `${text}`]));
}

function listed<T>(all: readonly T[], limit: number): Listed<T> {
  return { count: all.length, first: all.slice(0, limit) };
}
