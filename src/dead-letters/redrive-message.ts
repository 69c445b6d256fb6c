import { DEAD_LETTER_HEADERS, REDRIVE_ID_HEADER } from '../kafka/read/dead-letter-headers.ts';
import type { OutgoingMessage } from '../kafka/send/message-sender.ts';
import { partitionOfKey } from '../kafka/send/partitioner.ts';
import type { DeadLetter } from './letter.ts';

export interface RedriveTarget {
  readonly topic: string;
  readonly partitions: number;
}

/**
 * The message as it was before it became a dead letter: its key, its headers, and its value's bytes or the edited ones, for the partition it
 * came from. `dl-replays` counts this redrive, `dl-redrive-id` names it; the consumer keeps both should it reject the message again.
 */
export function redriveMessage(
  letter: DeadLetter,
  value: Buffer | null,
  target: RedriveTarget,
  redriveId: string,
): OutgoingMessage & { readonly partition: number } {
  const headers = {
    [DEAD_LETTER_HEADERS.replays]: String(letter.replays + 1),
    [REDRIVE_ID_HEADER]: redriveId,
  };
  const partition = partitionOf(letter, target);
  return { key: letter.key, value, headers, carried: letter.headers, partition };
}

/** Where it came from, so that an order's messages stay in one partition whatever partitioner its producer has. */
function partitionOf({ source, key, offset }: DeadLetter, { topic, partitions }: RedriveTarget): number {
  if (source !== undefined && source.topic === topic && source.partition < partitions)
    return source.partition;
  return key === null ? offset % partitions : partitionOfKey(key, partitions);
}

/** Text that starts the id of every message of a batch. */
export function redriveIdPrefix(batchId: string): string {
  return `${batchId}/`;
}
