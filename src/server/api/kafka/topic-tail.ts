import type { MessageBrowser } from '../../../kafka/read/message-browser.ts';
import type { LogRecord } from '../../../kafka/read/order-log.ts';
import { Budget } from '../../http/budget.ts';
import type { EventStream } from '../../http/event-stream.ts';
import type { EventStreams } from '../../http/event-streams.ts';
import { ProblemError } from '../../http/problem.ts';

/** What of the topic is wanted; everything when nothing is given. */
export interface TailFilter {
  readonly partition?: number | undefined;
  readonly key?: Buffer | undefined;
  /** Bytes that the value must have in it. */
  readonly text?: Buffer | undefined;
  readonly maxValueBytes: number;
}

/** Messages a second that are worth decoding for someone who looks on. */
const MAX_PER_SECOND = 500;

/**
 * The body of an event stream with what arrives in the topic from now on. It ends when the reader goes away, the server stops, or
 * Kafka can't be read any more; a client that comes back starts anew.
 * @throws AppError `topic_missing`, `kafka_unavailable`; ProblemError when there are too many streams.
 */
export async function sendTail(
  messages: Pick<MessageBrowser, 'follow'>,
  streams: EventStreams,
  topic: string,
  filter: TailFilter,
): Promise<ReadableStream<Uint8Array>> {
  const stop = new AbortController();
  const stream = streams.open({ overflow: 'leave_out', onEnd: () => stop.abort() });
  if (stream === undefined) throw new ProblemError('too-many-at-once');
  const budget = new Budget(MAX_PER_SECOND);
  const followed = messages.follow(topic, stop.signal, {
    maxValueBytes: filter.maxValueBytes,
    wanted: (partition, record) => matches(filter, partition, record) && budget.take(),
  });
  try {
    // The first answer comes once the topic is open.
    await followed.next();
  } catch (error) {
    stream.end();
    throw error;
  }
  void pass(followed, stream, budget);
  return stream.body;
}

async function pass(
  followed: AsyncGenerator<readonly { readonly partition: number; readonly offset: number }[]>,
  stream: EventStream,
  budget: Budget,
): Promise<void> {
  try {
    for await (const messages of followed) {
      for (const message of messages) {
        stream.send({ event: 'message', id: `${message.partition}:${message.offset}`, data: message });
      }
      const count = stream.takeLeftOut() + budget.takeRefused();
      if (count > 0) stream.send({ event: 'left_out', data: { count } });
    }
  } catch {
    // Kafka is gone: a client that comes back is told so.
  } finally {
    stream.end();
  }
}

function matches({ partition, key, text }: TailFilter, of: number, record: LogRecord): boolean {
  if (partition !== undefined && partition !== of) return false;
  if (key !== undefined && record.key?.equals(key) !== true) return false;
  return text === undefined || (record.value?.includes(text) ?? false);
}
