import type { Position } from '../contract/letter.ts';
import type { RedrivenFate } from '../contract/redrive.ts';
import { readLogPage } from '../kafka/read/log-page.ts';
import { recordAt } from '../kafka/read/topic-reader.ts';
import { checkOrder } from '../order/check.ts';
import type { DecodeOptions } from '../order/decode.ts';
import { parseLetter, summaryOf } from './letter.ts';
import { lettersSince, type OpenTopic, withTopic } from './reading.ts';

export interface FateDependencies {
  readonly openTopic: OpenTopic;
  /** Where each partition of the topic ends, messages included that can't be seen yet. */
  readonly highWatermarks: (topic: string) => Promise<ReadonlyMap<number, number>>;
  readonly topic: string;
  readonly deadLetterTopic: string;
  /** Next offset the consumer will store from, by partition of `topic`. */
  readonly progress: () => Promise<ReadonlyMap<number, number>>;
  readonly decoding: DecodeOptions;
  /** When to stop looking, by `performance.now()`. */
  readonly deadline: number;
}

/**
 * A letter is acknowledged before the offset passes its message, so what the offset has passed without a letter is
 * accepted. Undefined when there is no such message. @throws AppError `kafka_unavailable`, `database_unavailable`
 */
export async function redrivenFate(
  position: Position,
  dependencies: FateDependencies,
): Promise<RedrivenFate | undefined> {
  const { openTopic, highWatermarks, topic, deadLetterTopic, progress, decoding, deadline } = dependencies;
  const { partition, offset } = position;
  const message = await withTopic(openTopic, topic, async (orders) =>
    recordAt(orders, await orders.ranges(), position),
  );
  const next = (await progress()).get(partition) ?? 0;
  if (message === undefined) {
    // A transaction's messages can be seen a moment after its commit was acknowledged.
    const hidden = next <= offset && offset < ((await highWatermarks(topic)).get(partition) ?? 0);
    return hidden ? { state: 'waiting', ahead: offset - next } : undefined;
  }
  if (next <= offset) return { state: 'waiting', ahead: offset - next };
  // Of a message that says it comes from the future nobody knows when it was rejected.
  const since = message.timestamp > decoding.now() ? 0 : message.timestamp;
  const found = await withTopic(openTopic, deadLetterTopic, async (letters) =>
    readLogPage(letters, await lettersSince(letters, since), {
      first: 'oldest',
      limit: 1,
      deadline,
      pick: (partition, record) => {
        const letter = parseLetter(letters.topicId, partition, record);
        const { source } = letter;
        const same =
          source?.topic === topic && source.partition === position.partition && source.offset === position.offset;
        return same ? { at: letter.at, kept: summaryOf(letter) } : undefined;
      },
    }),
  );
  const [letter] = found.found;
  if (letter !== undefined) return { state: 'rejected', letter };
  const check = checkOrder(message.value, decoding);
  return found.cut || !check.accepted ? { state: 'unknown' } : { state: 'stored', orderUid: check.order_uid };
}
