import type { LogRange } from '../kafka/read/order-log.ts';
import type { TopicSlice } from '../kafka/read/topic-reader.ts';
import type { OutgoingMessage } from '../kafka/send/message-sender.ts';

/** A topic that is read without a group; TopicReader is one. */
export interface ReadableTopic {
  readonly topicId: string;
  /** First and next offset of every partition, as a reader of committed messages sees them. */
  ranges(): Promise<Map<number, LogRange>>;
  /** Of each partition the first offset with this timestamp (ms since the Unix epoch) or a later one, where there is one. */
  offsetsAt(timestamp: number): Promise<Map<number, number>>;
  /** Everything in the ranges, which must lie within those of `ranges()`. */
  read(ranges: ReadonlyMap<number, LogRange>): AsyncGenerator<TopicSlice>;
  close(): Promise<void>;
}

export type OpenTopic = (topic: string) => Promise<ReadableTopic>;

/** Opens a topic for some work, and closes it again. @throws what opening and the work throw */
export async function withTopic<T>(
  openTopic: OpenTopic,
  name: string,
  work: (topic: ReadableTopic) => Promise<T>,
): Promise<T> {
  const topic = await openTopic(name);
  try {
    return await work(topic);
  } finally {
    await topic.close();
  }
}

/** Sends all of a batch or nothing; AtomicSender is one, and says what opening it means. */
export interface BatchSender {
  send(
    topic: string,
    messages: readonly (OutgoingMessage & { readonly partition: number })[],
  ): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** What the journal knows of a letter. */
export interface RedriveRecord {
  /** How often it was redriven. */
  readonly attempts: number;
  /** When last, ms since the Unix epoch. */
  readonly at: number;
}

/** Letters about to be sent together. */
export interface RedriveBatch {
  readonly batchId: string;
  readonly targetTopic: string;
  readonly targetTopicId: string;
  /** Where each partition of the target that gets a message ended before: what arrives stands there or after it. */
  readonly from: ReadonlyMap<number, number>;
}

export interface IntendedLetter {
  readonly letterId: string;
  /** 1 the first time. */
  readonly attempt: number;
  readonly partition: number;
  readonly offset: number;
}

/** `uncertain`: what could tell is gone from the target topic. Such letters count as sent. */
export type BatchFate = 'sent' | 'not_sent' | 'uncertain';

/**
 * What was redriven, kept where it outlives the process. An open batch is one whose fate is not written down yet. Every call throws
 * AppError `database_unavailable` while it can't answer.
 */
export interface RedriveJournal {
  /** Whose letters these are. */
  readonly deadLetterTopic: string;
  /** The right to redrive, for one at a time; undefined while another process has it. */
  lock(): Promise<{ release(): Promise<void> } | undefined>;
  /** Those of the letters that were redriven, or are in an open batch. */
  find(letterIds: readonly string[]): Promise<Map<string, RedriveRecord>>;
  /** Opens a batch. @throws AppError `busy` when another process has opened one with a letter of it. */
  open(batch: RedriveBatch, letters: readonly IntendedLetter[]): Promise<void>;
  /** Closes a batch and says how many letters it had; those not sent are as if it had never been. */
  close(batchId: string, fate: BatchFate): Promise<number>;
  openBatches(): Promise<RedriveBatch[]>;
  /** Forgets letters that have left their topic; `starts` is where its partitions begin. */
  prune(starts: ReadonlyMap<number, number>): Promise<void>;
}
