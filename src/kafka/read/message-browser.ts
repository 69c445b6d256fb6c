import { DEAD_LETTER_HEADERS, type RecordHeaders } from '../../contract/letter.ts';
import { decodeOrder } from '../../order/decode.ts';
import type { KafkaClients } from '../clients.ts';
import { likelyPartitions } from '../send/partitioner.ts';
import { clamp, decodeCursor, encodeCursor, readLogPage } from './log-page.ts';
import { type MessageFilter, messageMatcher } from './message-filter.ts';
import type { LogRange, LogRecord } from './order-log.ts';
import { type OrderMessages, type OrderSearch, searchOrder } from './order-search.ts';
import { PROMPT_MS, recordAt, TopicReader } from './topic-reader.ts';

/** What a message turned out to be. */
export type MessageMeaning =
  | { readonly kind: 'order'; readonly orderUid: string }
  /** `dead_letter`: it is in the dead-letter topic. `other`: `reason` is the code its dead letter would have. */
  | { readonly kind: 'dead_letter' | 'other'; readonly reason: string; readonly detail: string };

/** A message of any topic. */
export interface BrowsedMessage {
  readonly partition: number;
  readonly offset: number;
  /** ms since the Unix epoch. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly headers: RecordHeaders;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  /** Length of the whole value. */
  readonly valueBytes: number | null;
  /** `value` is only the start of it. */
  readonly cut: boolean;
  readonly meaning: MessageMeaning;
}

/** Which messages of a topic. With a key all partitions are searched, first those that Kafka's clients choose for it. */
export interface BrowseQuery extends MessageFilter {
  /** Of this partition only. */
  readonly partition?: number | undefined;
  /** From this offset on, oldest first. */
  readonly offset?: number | undefined;
  /** Written at this time or later, oldest first; ms since the Unix epoch. */
  readonly at?: number | undefined;
  readonly limit: number;
  /** Of the page before; the other parameters must be the same. */
  readonly cursor?: string | undefined;
  /** Longest value that is given whole. */
  readonly maxValueBytes: number;
}

export interface MessagePage {
  /**
   * Newest first, unless an offset or an instant says where to begin. With a key, messages of its likely partitions
   * come first.
   */
  readonly messages: readonly BrowsedMessage[];
  /** Offsets looked at for this page. */
  readonly scanned: number;
  /** Offsets still to look at. */
  readonly left: number;
  /** Offsets at the ends that wait for an open transaction; they are shown once it has ended. */
  readonly pending: number;
  /** The time ran out before the page was full. */
  readonly cut: boolean;
  /** The cursor of the next page; undefined after the last. */
  readonly next: string | undefined;
}

export interface MessageBrowserOptions {
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** Time one call looks before it answers with what it has. */
  readonly budgetMs: number;
  readonly now: () => number;
}

const FETCH_BYTES = 262_144;

/**
 * Reads any topic without joining a group. Every call is bounded in time and says when it was cut short. All throw
 * AppError `topic_missing`, `kafka_unavailable`.
 */
export class MessageBrowser {
  readonly #kafka: KafkaClients;
  readonly #options: MessageBrowserOptions;

  constructor(kafka: KafkaClients, options: MessageBrowserOptions) {
    this.#kafka = kafka;
    this.#options = options;
  }

  /** A page of messages; undefined if the cursor does not belong to this topic. */
  list(topic: string, query: BrowseQuery): Promise<MessagePage | undefined> {
    return this.#reading(topic, async (reader) => {
      const cursor = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
      if (query.cursor !== undefined && cursor?.topicId !== reader.topicId) return undefined;
      const [all, ends] = await Promise.all([reader.ranges(), reader.highWatermarks()]);
      const ranges = cursor === undefined ? await startRanges(reader, all, query) : clamp(cursor.ranges, all);
      const { key } = query;
      const matches = messageMatcher(query);
      const messages: BrowsedMessage[] = [];
      const rest = new Map<number, LogRange>();
      const deadline = performance.now() + this.#options.budgetMs;
      const left = () => rest.values().reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
      let [scanned, cut] = [0, false];
      for (const some of likelyFirst(ranges, key, reader.partitions)) {
        if (left() > 0 || messages.length === query.limit) {
          for (const [partition, range] of some) rest.set(partition, range);
          continue;
        }
        const page = await readLogPage(reader, some, {
          first: query.offset === undefined && query.at === undefined ? 'newest' : 'oldest',
          limit: query.limit - messages.length,
          deadline,
          pick: (partition, record) =>
            matches(record)
              ? {
                  at: record.timestamp,
                  kept: this.#message(partition, record, query.maxValueBytes),
                  bytes: browsedBytes(record, query.maxValueBytes),
                }
              : undefined,
        });
        messages.push(...page.found);
        for (const [partition, range] of page.rest) rest.set(partition, range);
        scanned += page.passed;
        cut = page.cut;
      }
      return {
        messages,
        scanned,
        left: left(),
        pending: [...all]
          .filter(([one]) => query.partition === undefined || one === query.partition)
          .reduce((sum, [one, { end }]) => sum + Math.max(0, (ends.get(one) ?? 0) - end), 0),
        cut,
        next: encodeCursor({ topicId: reader.topicId, ranges: rest }),
      };
    });
  }

  /** One whole message; undefined if there is none at the position. */
  find(topic: string, partition: number, offset: number): Promise<BrowsedMessage | undefined> {
    return this.#reading(topic, async (reader) => {
      const record = await recordAt(reader, await reader.ranges(), { partition, offset });
      return record && this.#message(partition, record, Number.POSITIVE_INFINITY);
    });
  }

  /** The messages of an order: see searchOrder. A thorough search takes up to twice as long. */
  ofOrder(topic: string, search: OrderSearch): Promise<OrderMessages<BrowsedMessage>> {
    const { budgetMs } = this.#options;
    return this.#reading(topic, (reader) =>
      searchOrder(reader, search, {
        deadline: performance.now() + (search.thorough ? budgetMs : budgetMs / 2),
        keep: (partition, record) => ({
          kept: this.#message(partition, record, Number.POSITIVE_INFINITY),
          bytes: browsedBytes(record, Number.POSITIVE_INFINITY),
        }),
      }),
    );
  }

  /**
   * Yields messages as they are written, from now until the signal aborts. `wanted` is called with each before it is
   * decoded. The first, empty list means that the topic is open; skipped messages also yield an empty list.
   */
  async *follow(
    topic: string,
    signal: AbortSignal,
    { wanted, maxValueBytes }: { wanted: (partition: number, record: LogRecord) => boolean; maxValueBytes: number },
  ): AsyncGenerator<readonly BrowsedMessage[]> {
    const reader = await this.#open(topic);
    try {
      yield [];
      for await (const { partition, records } of reader.follow(signal)) {
        const messages = records
          .filter((record) => wanted(partition, record))
          .map((record) => this.#message(partition, record, maxValueBytes));
        yield messages;
      }
    } finally {
      await reader.close();
    }
  }

  #message(partition: number, record: LogRecord, maxValueBytes: number): BrowsedMessage {
    return browsedMessage(partition, record, { ...this.#options, maxValueBytes });
  }

  #open(topic: string): Promise<TopicReader> {
    return TopicReader.open(this.#kafka, { topic, maxBytesPerPartition: FETCH_BYTES, requestTimeoutMs: PROMPT_MS });
  }

  async #reading<T>(topic: string, work: (reader: TopicReader) => Promise<T>): Promise<T> {
    const reader = await this.#open(topic);
    try {
      return await work(reader);
    } finally {
      void reader.close();
    }
  }
}

/** The likely partitions of a key, then the others; without a key all at once. */
function likelyFirst(
  ranges: ReadonlyMap<number, LogRange>,
  key: Buffer | undefined,
  partitions: number,
): ReadonlyMap<number, LogRange>[] {
  if (key === undefined) return [ranges];
  const likely = likelyPartitions(key, partitions);
  const [first, others] = [true, false].map(
    (wanted) => new Map([...ranges].filter(([partition]) => likely.has(partition) === wanted)),
  );
  return [first ?? ranges, others ?? new Map()];
}

async function startRanges(
  reader: TopicReader,
  all: ReadonlyMap<number, LogRange>,
  { partition, offset, at }: BrowseQuery,
): Promise<Map<number, LogRange>> {
  const starts = at === undefined ? undefined : await reader.offsetsAt(at);
  const ranges = new Map<number, LogRange>();
  for (const [one, { start, end }] of all) {
    if (partition !== undefined && one !== partition) continue;
    const from = starts === undefined ? (offset ?? start) : (starts.get(one) ?? end);
    ranges.set(one, { start: Math.max(start, from), end });
  }
  return ranges;
}

interface BrowsedMessageOptions {
  /** Longest value that is returned whole. */
  readonly maxValueBytes: number;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

const REASON = Buffer.from(DEAD_LETTER_HEADERS.reason);
const DETAIL = Buffer.from(DEAD_LETTER_HEADERS.detail);

/** Copies the message out of the record, whose buffers hold a whole fetch. */
function browsedMessage(partition: number, record: LogRecord, options: BrowsedMessageOptions): BrowsedMessage {
  const { key, value, headers, offset, timestamp } = record;
  return {
    partition,
    offset,
    timestamp,
    key: copyOf(key),
    headers: headers.map(([name, content]) => [copyOf(name), copyOf(content)]),
    value: value && copyOf(value.subarray(0, options.maxValueBytes)),
    valueBytes: value === null ? null : value.length,
    cut: value !== null && value.length > options.maxValueBytes,
    meaning: meaningOf(record, options),
  };
}

function copyOf(bytes: Buffer | null): Buffer | null {
  return bytes && Buffer.from(bytes);
}

/** The approximate size of the message of a record. */
function browsedBytes({ key, value, headers }: LogRecord, maxValueBytes: number): number {
  const ofHeaders = headers.reduce((sum, [name, content]) => sum + (name?.length ?? 0) + (content?.length ?? 0), 0);
  return ofHeaders + (key?.length ?? 0) + Math.min(value?.length ?? 0, maxValueBytes);
}

/** What this service makes of a message. */
export function meaningOf(
  { headers, value }: Pick<BrowsedMessage, 'headers' | 'value'>,
  { maxOrderBytes, now }: Omit<BrowsedMessageOptions, 'maxValueBytes'>,
): MessageMeaning {
  const textOf = (name: Buffer) => headers.find(([one]) => one?.equals(name))?.[1]?.toString() ?? '';
  const reason = textOf(REASON);
  if (reason !== '') return { kind: 'dead_letter', reason, detail: textOf(DETAIL) };
  const decoded = decodeOrder(value, { maxBytes: maxOrderBytes, now });
  if (decoded.ok) return { kind: 'order', orderUid: decoded.order.order_uid };
  return { kind: 'other', reason: decoded.reason, detail: decoded.detail };
}
