import type { Edit } from './edit.ts';
import type { DeadLetter } from './letter.ts';
import type { RedriveRecord } from './ports.ts';

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

/**
 * Why a letter is left alone: `already_redriven`; `max_replays`, it came back too often; `foreign`, it is no dead letter of this
 * service; `other_topic`, it came from another topic; `truncated`, only the start of its value is here; `not_editable`, the edit does not apply to it; `refused`, Kafka takes it no more.
 */
export type SkipReason =
  | 'already_redriven'
  | 'max_replays'
  | 'foreign'
  | 'other_topic'
  | 'truncated'
  | 'not_editable'
  | 'refused';

export type Verdict =
  | { readonly send: true; readonly value: Buffer | null; readonly attempt: number }
  | { readonly send: false; readonly reason: SkipReason; readonly detail: string };

/** Decides about one letter. */
export async function judge(
  letter: DeadLetter,
  known: RedriveRecord | undefined,
  rules: RedriveRules,
): Promise<Verdict> {
  const { source, replays } = letter;
  if (source === undefined && !rules.foreign) {
    return skip('foreign', 'no dead letter of this service');
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

function skip(reason: SkipReason, detail: string): Verdict {
  return { send: false, reason, detail };
}
