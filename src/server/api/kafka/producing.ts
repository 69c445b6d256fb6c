import Type from 'typebox';
import type { TopicCatalog, TopicDetail } from '../../../kafka/admin/topic-catalog.ts';
import { type MessageBrowser, meaningOf } from '../../../kafka/read/message-browser.ts';
import { type MessageSender, MessagesRejectedError, type OutgoingMessage } from '../../../kafka/send/message-sender.ts';
import { partitionOfKey } from '../../../kafka/send/partitioner.ts';
import { encodeRecordBatch } from '../../../kafka/send/record-batch.ts';
import { AppError } from '../../../lib/app-error.ts';
import { bytesOfBase64, type TextOrBase64 } from '../../../lib/printable.ts';
import { RULES } from '../../../order/wording.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { badBody, ProblemError, TOO_MANY_AT_ONCE, violated } from '../../http/problem.ts';
import { NO_STORE, type ReplyTo } from '../../http/reply.ts';
import { Slots } from '../../http/slots.ts';
import {
  KAFKA_REFUSES,
  KAFKA_REJECTED,
  KAFKA_UNAVAILABLE,
  MESSAGE_NOT_FOUND,
  orNotFound,
  TOPIC_NOT_FOUND,
} from '../problems.ts';
import { PositionSchema, positionOf } from '../schemas.ts';
import { meaningJson } from './messages.ts';
import {
  MESSAGE_TOO_LARGE,
  MESSAGE_UNCONFIRMED,
  MessageToProduceSchema,
  ProducedMessageSchema,
  TopicNameSchema,
} from './schemas.ts';

export interface ProducingEndpointsOptions {
  readonly topics: Pick<TopicCatalog, 'find'>;
  readonly messages: Pick<MessageBrowser, 'find'>;
  /** Sends to any topic. */
  readonly messageSender: Pick<MessageSender, 'send'>;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

/** Enough for messages of 12 MB in base64. */
const MAX_BODY_BYTES = 16_777_216;
/** Each holds a whole message in memory. */
const MAX_AT_ONCE = 8;
const MAX_BYTES_SETTING = 'max.message.bytes';
const RESPONSES = { 200: { description: 'What was sent, or would be', schema: ProducedMessageSchema } } as const;
const COMMON = {
  method: 'post',
  tag: 'topics',
  access: 'guarded',
  responses: RESPONSES,
  unlogged: ['key', 'value', 'headers'],
} as const;
const problems = [
  TOPIC_NOT_FOUND,
  KAFKA_UNAVAILABLE,
  KAFKA_REFUSES,
  KAFKA_REJECTED,
  MESSAGE_TOO_LARGE,
  MESSAGE_UNCONFIRMED,
  TOO_MANY_AT_ONCE,
] as const;

/** What is sent, with its headers in `carried` as they are. */
interface PlainMessage extends Pick<OutgoingMessage, 'key' | 'value'> {
  readonly carried: NonNullable<OutgoingMessage['carried']>;
  readonly partition: number | undefined;
}

/** `POST /api/v1/topics/{topic}/messages` and `…/{position}/send-again`: write any message, or one that is there. */
export function producingEndpoints(options: ProducingEndpointsOptions): Endpoint[] {
  const { topics, messages, messageSender } = options;
  const slots = new Slots(MAX_AT_ONCE);

  /** Finds the topic first, so that a message for one that does not exist is refused, whatever the brokers allow. */
  const produce = async (topic: string, message: PlainMessage, dryRun: boolean): Promise<ReplyTo<typeof RESPONSES>> => {
    const found = await orNotFound(topics.find(topic)).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'kafka_unavailable')
        throw new ProblemError(KAFKA_UNAVAILABLE, 'Kafka does not answer, so nothing was sent.');
      throw error;
    });
    const count = found.partitions ?? 0;
    const { key, value, carried, partition = key === null ? undefined : partitionOfKey(key, count) } = message;
    if (partition !== undefined && partition >= count)
      throw badBody('/partition', `the topic has no partition ${partition}: there are 0 to ${count - 1}`);
    const outgoing = { key, value, headers: {}, carried, ...(partition !== undefined && { partition }) };
    const bytes = encodeRecordBatch([outgoing], 0).length;
    const maxBytes = maxBytesOf(found);
    const sent = dryRun ? undefined : await send(topic, outgoing, bytes, maxBytes);
    const json = {
      topic,
      dry_run: dryRun,
      partition: sent?.partition ?? partition ?? null,
      offset: sent === undefined || sent.offset < 0n ? null : Number(sent.offset),
      bytes,
      max_bytes: maxBytes ?? null,
      meaning: meaningJson(meaningOf({ headers: carried, value }, options)),
    };
    return { status: 200, json, headers: NO_STORE };
  };

  const send = async (topic: string, message: OutgoingMessage, bytes: number, maxBytes: number | undefined) => {
    try {
      return (await messageSender.send(topic, [message]))[0];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error instanceof MessagesRejectedError && error.rejected.get(0) === 'too_large')
        throw violated(MESSAGE_TOO_LARGE, [{ in: 'body', pointer: '', message: tooLarge(bytes, maxBytes) }]);
      if (error.code === 'kafka_rejected') throw new ProblemError(KAFKA_REJECTED, error.message);
      if (error.code === 'kafka_unavailable') throw new ProblemError(MESSAGE_UNCONFIRMED);
      throw error;
    }
  };

  return [
    endpoint(
      {
        ...COMMON,
        path: '/api/v1/topics/{topic}/messages',
        operationId: 'produceMessage',
        summary: 'Write any message to a topic, or see what that would do',
        description:
          'A topic of this service, or any other but Kafka’s own; a topic that does not exist is not created. Key, headers and value are written as they are: text in UTF-8, other bytes in base64. `meaning` is what this service’s consumer makes of such a message in the orders’ topic. Each call writes the message once more.',
        params: Type.Object({ topic: TopicNameSchema }),
        body: jsonBody(MessageToProduceSchema, { maxBytes: MAX_BODY_BYTES }),
        problems,
      },
      ({ params: { topic }, body: { key = null, value, headers = [], partition, dry_run = false } }) =>
        slots.hold(() => {
          const message = {
            key: bytesOf(key, '/key'),
            value: bytesOf(value, '/value'),
            carried: headers.map(
              (one, at) =>
                [bytesOf(one.name, `/headers/${at}/name`), bytesOf(one.value, `/headers/${at}/value`)] as const,
            ),
            partition,
          };
          return produce(topic, message, dry_run);
        }),
    ),

    endpoint(
      {
        ...COMMON,
        path: '/api/v1/topics/{topic}/messages/{position}/send-again',
        operationId: 'sendMessageAgain',
        summary: 'Write a message once more: the same bytes of key, headers and value, to the same partition',
        params: Type.Object({ topic: TopicNameSchema, position: PositionSchema }),
        problems: [...problems, MESSAGE_NOT_FOUND],
      },
      ({ params: { topic, position } }) =>
        slots.hold(async () => {
          const { partition, offset } = positionOf(position);
          const found = await orNotFound(messages.find(topic, partition, offset));
          if (found === undefined) throw new ProblemError(MESSAGE_NOT_FOUND);
          const { key, value, headers: carried } = found;
          return produce(topic, { key, value, carried, partition }, false);
        }),
    ),
  ];
}

function maxBytesOf({ settings }: TopicDetail): number | undefined {
  const value = settings.find(({ name }) => name === MAX_BYTES_SETTING)?.value ?? undefined;
  return value === undefined ? undefined : Number(value);
}

function tooLarge(bytes: number, maxBytes: number | undefined): string {
  return `it takes ${bytes} bytes, and the topic takes ${maxBytes ?? 'fewer'} (${MAX_BYTES_SETTING})`;
}

/** @throws ProblemError 422 for what would not be sent as it is written */
function bytesOf(given: TextOrBase64 | null, pointer: string): Buffer | null {
  if (given === null) return null;
  if (typeof given === 'string') {
    if (given.isWellFormed()) return Buffer.from(given);
    throw badBody(pointer, RULES.surrogate_bytes);
  }
  const bytes = bytesOfBase64(given.base64);
  if (bytes === undefined) throw badBody(`${pointer}/base64`, RULES.base64);
  return bytes;
}
