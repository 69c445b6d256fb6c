import Type from 'typebox';
import { formatPosition } from '../../../contract/letter.ts';
import type {
  BrowsedMessage,
  MessageBrowser,
  MessageMeaning,
  MessagePage,
} from '../../../kafka/read/message-browser.ts';
import { type MessageFilter, messageMatcher, parseMember } from '../../../kafka/read/message-filter.ts';
import type { LogRecord } from '../../../kafka/read/order-log.ts';
import { startOf, textOrBase64 } from '../../../lib/printable.ts';
import { rfc3339 } from '../../../lib/rfc3339.ts';
import { parseWhen } from '../../../order/instant.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { EVENT_STREAM_HEADERS, type EventStream, type EventStreams } from '../../http/event-stream.ts';
import { badParameter, ProblemError, TOO_MANY_AT_ONCE } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { Slots } from '../../http/slots.ts';
import { KAFKA_UNAVAILABLE, MESSAGE_NOT_FOUND, orNotFound, TOPIC_NOT_FOUND } from '../problems.ts';
import { headersJson, PositionSchema, positionOf } from '../schemas.ts';
import {
  type MeaningJson,
  type MessageJson,
  type MessagePageJson,
  MessagePageSchema,
  MessageSchema,
  TopicNameSchema,
} from './schemas.ts';

export interface MessageEndpointsOptions {
  readonly messages: Pick<MessageBrowser, 'list' | 'find' | 'follow'>;
  readonly streams: EventStreams;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

/** Each search opens its own connections to Kafka. */
const MAX_SEARCHES = 8;
const COMMON = {
  tag: 'topics',
  access: 'guarded',
  problems: [KAFKA_UNAVAILABLE, TOPIC_NOT_FOUND, TOO_MANY_AT_ONCE],
} as const;
const params = Type.Object({ topic: TopicNameSchema });
const partition = Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'Only this partition' }));
const key = Type.Optional(Type.String({ description: 'With exactly this key' }));
const text = Type.Optional(
  Type.String({ minLength: 1, description: 'Contained in the value, the key, or the name or value of a header' }),
);
const json = Type.Optional(
  Type.String({
    pattern: '^/',
    description:
      'What the JSON of the value has: `/payment/currency=USD`, a JSON Pointer and what it leads to; without `=` it must lead to anything. `*` is any element: `/items/*/status=202`',
  }),
);
const valueBytes = Type.Integer({
  minimum: 0,
  maximum: 1_048_576,
  default: 2_048,
  description: 'Longest value that is returned whole',
});

/** `/api/v1/topics/{topic}/messages` and `…/tail`: the messages of a topic, and those that arrive. */
export function messageEndpoints({ messages, streams, now }: MessageEndpointsOptions): Endpoint[] {
  const slots = new Slots(MAX_SEARCHES);
  const search = <T>(work: () => Promise<T>): Promise<T> => slots.hold(() => orNotFound(work()));

  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/topics/{topic}/messages',
        operationId: 'listMessages',
        summary: 'Messages of a topic',
        description:
          'Newest first; with `offset` or `at` from there on, oldest first. A filter by `text` or `json` reads every message. A `key` is searched for in all partitions, beginning with those that Kafka’s clients choose for it. A call that takes too long returns what it has found: `scanned` and `left` say how far it got, and `next_cursor` continues it. A page holds a few megabytes at most, so with long values it has fewer messages than requested.',
        params,
        query: Type.Object({
          partition,
          offset: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: Number.MAX_SAFE_INTEGER,
              description: 'From this offset on; requires `partition`',
            }),
          ),
          at: Type.Optional(
            Type.String({ description: 'Written at this time or later: RFC 3339, or an age such as 15m' }),
          ),
          key,
          text,
          json,
          limit: Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'How many' }),
          value_bytes: valueBytes,
          cursor: Type.Optional(Type.String({ description: 'Of the page before' })),
        }),
        responses: { 200: { description: 'A page', schema: MessagePageSchema } },
      },
      async ({ params: { topic }, query: { at, key, text, json, value_bytes, ...query } }) => {
        if (query.offset !== undefined && query.partition === undefined)
          throw badParameter('offset', 'requires a partition');
        if (query.offset !== undefined && at !== undefined) throw badParameter('at', 'can’t be combined with offset');
        const instant = at === undefined ? undefined : parseWhen(at, now());
        if (at !== undefined && instant === undefined)
          throw badParameter('at', 'must be RFC 3339, or an age such as 15m');
        const page = await search(() =>
          messages.list(topic, {
            ...query,
            at: instant,
            ...filterOf({ key, text, json }),
            maxValueBytes: value_bytes,
          }),
        );
        if (page === undefined) throw badParameter('cursor', 'is not a cursor of this topic');
        return { status: 200, json: pageJson(page), headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/topics/{topic}/messages/{position}',
        operationId: 'getMessage',
        summary: 'One message with its whole value',
        params: Type.Object({ topic: TopicNameSchema, position: PositionSchema }),
        responses: { 200: { description: 'The message', schema: MessageSchema } },
        problems: [...COMMON.problems, MESSAGE_NOT_FOUND],
      },
      async ({ params: { topic, position } }) => {
        const { partition, offset } = positionOf(position);
        const message = await search(() => messages.find(topic, partition, offset));
        if (message === undefined) throw new ProblemError(MESSAGE_NOT_FOUND);
        return { status: 200, json: messageJson(message), headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/topics/{topic}/tail',
        operationId: 'tailTopic',
        summary: 'Messages as they arrive in a topic, as server-sent events',
        description:
          'Each `message` event has a Message; its id is partition:offset. If more arrives than the reader can take, messages are left out, and a `left_out` event says how many.',
        params,
        query: Type.Object({
          partition,
          key,
          text,
          json,
          value_bytes: valueBytes,
        }),
        responses: { 200: { description: 'Events', contentTypes: ['text/event-stream'] } },
        streams: true,
      },
      async ({ params: { topic }, query, method }) => {
        if (method === 'HEAD') return { status: 200, headers: EVENT_STREAM_HEADERS };
        const body = await orNotFound(
          sendTail(messages, streams, topic, {
            partition: query.partition,
            ...filterOf(query),
            maxValueBytes: query.value_bytes,
          }),
        );
        return { status: 200, body, headers: EVENT_STREAM_HEADERS };
      },
    ),
  ];
}

function filterOf(given: Readonly<Partial<Record<'key' | 'text' | 'json', string | undefined>>>): MessageFilter {
  const bytesOf = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text));
  const member = given.json === undefined ? undefined : parseMember(given.json);
  return { key: bytesOf(given.key), text: bytesOf(given.text), member };
}

/** Which messages to send; all of them when nothing is given. */
interface TailFilter extends MessageFilter {
  readonly partition?: number | undefined;
  readonly maxValueBytes: number;
}

/** Most messages a second decoded for one reader. */
const MAX_PER_SECOND = 500;

/**
 * The body of an event stream with the messages that arrive from now on. It ends when the reader goes away, the server
 * stops, or Kafka becomes unavailable; a client that reconnects starts from then. @throws AppError `topic_missing`,
 * `kafka_unavailable`; ProblemError when there are too many streams.
 */
async function sendTail(
  messages: Pick<MessageBrowser, 'follow'>,
  streams: EventStreams,
  topic: string,
  filter: TailFilter,
): Promise<ReadableStream<Uint8Array>> {
  const stop = new AbortController();
  const stream = streams.open({ overflow: 'leave_out', maxPerSecond: MAX_PER_SECOND, onEnd: () => stop.abort() });
  const matches = messageMatcher(filter);
  const isWanted = (of: number, record: LogRecord) =>
    (filter.partition === undefined || filter.partition === of) && matches(record);
  const followed = messages.follow(topic, stop.signal, {
    maxValueBytes: filter.maxValueBytes,
    wanted: (partition, record) => isWanted(partition, record) && stream.admits(),
  });
  try {
    // The first answer comes once the topic is open.
    await followed.next();
  } catch (error) {
    stream.end();
    throw error;
  }
  void pass(followed, stream);
  return stream.body;
}

async function pass(followed: AsyncGenerator<readonly BrowsedMessage[]>, stream: EventStream): Promise<void> {
  try {
    for await (const messages of followed) {
      for (const message of messages) {
        stream.send({ event: 'message', id: formatPosition(message), data: messageJson(message) });
      }
      stream.sendLeftOut();
    }
  } catch {
    // Kafka is gone: a client that reconnects is told so.
  } finally {
    stream.end();
  }
}

export function pageJson({ messages, next, ...rest }: MessagePage): MessagePageJson {
  return { ...rest, messages: messages.map(messageJson), next_cursor: next ?? null };
}

export function messageJson(message: BrowsedMessage): MessageJson {
  const { partition, offset, timestamp, key, headers, value, valueBytes, cut, meaning } = message;
  return {
    partition,
    offset,
    timestamp: rfc3339(timestamp),
    key: key && textOrBase64(key),
    headers: headersJson(headers),
    value: value && (cut ? startOf(value) : textOrBase64(value)),
    value_bytes: valueBytes,
    cut,
    meaning: meaningJson(meaning),
  };
}

export function meaningJson(meaning: MessageMeaning): MeaningJson {
  return meaning.kind === 'order' ? { kind: 'order', order_uid: meaning.orderUid } : meaning;
}
