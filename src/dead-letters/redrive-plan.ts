import { DEAD_LETTER_HEADERS, type DeadLetter, REDRIVE_ID_HEADER } from '../contract/letter.ts';
import type { RedriveOutcome, RedriveRecord, RedriveRequest, SkipReason } from '../contract/redrive.ts';
import type { OutgoingMessage } from '../kafka/send/message-sender.ts';
import { partitionOfKey } from '../kafka/send/partitioner.ts';
import { type Edit, patchEdit, replacementEdit } from './edit.ts';

/** What may be sent back, and how. */
export interface RedriveRules {
  /** Letters that came from this topic are sent to it. */
  readonly targetTopic: string;
  /** A letter that was sent back this often is left alone. */
  readonly maxReplays: number;
  /** Also what was redriven already. */
  readonly again: boolean;
  /** Also messages this service did not put there; they go to the target topic. */
  readonly foreign: boolean;
  readonly edit: Edit | undefined;
}

/** How a request is judged. @throws AppError `usage` when its edit is invalid. */
export function rulesOf({ maxReplays, again, edit }: RedriveRequest, targetTopic: string): RedriveRules {
  const change = edit && ('patch' in edit ? patchEdit(edit.patch) : replacementEdit(edit.bytes));
  return { targetTopic, maxReplays, again, foreign: false, edit: change };
}

export type RedriveVerdict =
  | { readonly send: true; readonly value: Buffer | null; readonly attempt: number }
  | { readonly send: false; readonly reason: SkipReason; readonly detail: string };

/** Decides about one letter. */
export async function judge(
  letter: DeadLetter,
  known: RedriveRecord | undefined,
  rules: RedriveRules,
): Promise<RedriveVerdict> {
  const { source, replays } = letter;
  if (source === undefined && !rules.foreign) {
    return skip('foreign', 'not a dead letter of this service');
  }
  if (source !== undefined && source.topic !== rules.targetTopic) {
    return skip('other_topic', `it came from ${source.topic}`);
  }
  if (known !== undefined && !rules.again) {
    return skip('already_redriven', new Date(known.at).toISOString());
  }
  if (replays >= rules.maxReplays) return skip('max_replays', `it came back ${replays} times`);
  const attempt = (known?.attempts ?? 0) + 1;
  if (rules.edit === undefined) {
    if (letter.truncated !== undefined) return skip('truncated', `the value had ${letter.truncated} bytes`);
    return { send: true, value: letter.value, attempt };
  }
  const edited = await rules.edit.apply(letter.value);
  return edited.ok ? { send: true, value: edited.value, attempt } : skip('not_editable', edited.detail);
}

function skip(reason: SkipReason, detail: string): RedriveVerdict {
  return { send: false, reason, detail };
}

/** What became of a letter. */
export function outcomeOf(
  { partition, offset }: DeadLetter,
  outcome: RedriveOutcome['outcome'],
  detail = '',
): RedriveOutcome {
  return { position: { partition, offset }, outcome, detail };
}

export interface RedriveTarget {
  readonly topic: string;
  readonly partitions: number;
}

/**
 * The message as it was before it became a dead letter: its key, its headers, and its value's bytes or the edited ones,
 * for the partition it came from. `dl-replays` counts this redrive, `dl-redrive-id` names it; the consumer keeps both
 * should it reject the message again.
 */
export function redriveMessage(
  letter: DeadLetter,
  value: Buffer | null,
  target: RedriveTarget,
  redriveId: string,
): OutgoingMessage & { readonly partition: number } {
  const headers = { [DEAD_LETTER_HEADERS.replays]: String(letter.replays + 1), [REDRIVE_ID_HEADER]: redriveId };
  const partition = partitionOf(letter, target);
  return { key: letter.key, value, headers, carried: letter.headers, partition };
}

/** Where it came from, so that an order's messages stay in one partition whatever partitioner its producer has. */
function partitionOf({ source, key, offset }: DeadLetter, { topic, partitions }: RedriveTarget): number {
  if (source !== undefined && source.topic === topic && source.partition < partitions) return source.partition;
  return key === null ? offset % partitions : partitionOfKey(key, partitions);
}

/** Text that starts the id of every message of a batch. */
export function redriveIdPrefix(batchId: string): string {
  return `${batchId}/`;
}
