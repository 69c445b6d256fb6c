import type { OrderCheck } from '../order/check.ts';
import type { DeadLetter, LetterFilter, LetterSummary, Position } from './letter.ts';

/** Which letters are meant: these, or all that the filter lets through. */
export type Selection = { readonly positions: readonly Position[] } | { readonly filter: LetterFilter };

/** Letters to send back, and how. */
export interface RedriveRequest {
  readonly selection: Selection;
  readonly dryRun: boolean;
  readonly maxReplays: number;
  /** Also what was redriven before. */
  readonly again: boolean;
  /** A change of the values: a JSON Patch, or bytes in their place. */
  readonly edit: { readonly patch: readonly unknown[] } | { readonly bytes: Buffer } | undefined;
  readonly cursor: string | undefined;
}

/**
 * Why a letter is left alone: `already_redriven`; `max_replays`, it came back too often; `foreign`, it is no dead
 * letter of this service; `other_topic`, it came from another topic; `truncated`, only the start of its value is here;
 * `not_editable`, the edit does not apply to it; `refused`, Kafka does not accept it any more.
 */
export type SkipReason =
  | 'already_redriven'
  | 'max_replays'
  | 'foreign'
  | 'other_topic'
  | 'truncated'
  | 'not_editable'
  | 'refused';

/** What an edit changes in one place of a value. */
export interface ValueChange {
  /** JSON Pointer (RFC 6901). */
  readonly pointer: string;
  /** As JSON, or the start of it; null where there was nothing. */
  readonly from: string | null;
  readonly to: string | null;
}

/** What became of one letter. */
export interface RedriveOutcome {
  /** Where it stands in the dead-letter topic. */
  readonly position: Position;
  /** `would_send` in a dry run. */
  readonly outcome: 'sent' | 'would_send' | SkipReason;
  readonly detail: string;
  /** Of a letter that would be sent: what the consumer would say of its value. */
  readonly check?: OrderCheck;
  /** In a dry run with a patch, of the first letters that would be sent. */
  readonly changes?: readonly ValueChange[];
  /** Of a letter that was sent: where in the target topic it is, when the broker has said so. */
  readonly sentTo?: Position;
}

/** What became of an interrupted batch. `uncertain`: the target topic lost the evidence; its letters count as sent. */
export type BatchFate = 'sent' | 'not_sent' | 'uncertain';

/** Letters of interrupted batches, by what was found out about them. */
export type Recovered = Record<BatchFate, number>;

export interface RedriveAnswer {
  readonly dryRun: boolean;
  /** Letters by what became of them. */
  readonly counts: Readonly<Record<string, number>>;
  /** In a dry run: those that would be sent and rejected again, by reason. */
  readonly wouldComeBack: Readonly<Record<string, number>>;
  readonly outcomes: readonly RedriveOutcome[];
  /** In a dry run with a patch: the first letters that it changes, and the first to which it does not apply. */
  readonly samples: readonly RedriveOutcome[];
  /** Positions where there is no letter. */
  readonly missing: readonly string[];
  readonly recovered: Recovered;
}

/** The answer of a call that is bounded in time. */
export interface BoundedRedriveAnswer extends RedriveAnswer {
  /** The time was up: the same request with the cursor `next` goes on. */
  readonly cut: boolean;
  readonly next: string | undefined;
}

/** How far a redrive without a bound is; the last step has its answer. */
export interface RedriveProgress {
  /** Offsets of the dead-letter topic, or positions, looked at, and all there are to look at. */
  readonly passed: number;
  readonly total: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly answer?: RedriveAnswer;
}

/** What became of a message that was sent back to the orders' topic. */
export type RedrivenFate =
  /** `ahead`: offsets the consumer passes before it. */
  | { readonly state: 'waiting'; readonly ahead: number }
  /** The consumer has taken it: it is stored, or an equal or a later version of the order is. */
  | { readonly state: 'stored'; readonly orderUid: string }
  | { readonly state: 'rejected'; readonly letter: LetterSummary }
  /** The time was up before its letter, of which there must be one, was found. */
  | { readonly state: 'unknown' };

/** What the journal knows of a letter. */
export interface RedriveRecord {
  /** How often it was redriven. */
  readonly attempts: number;
  /** When last, ms since the Unix epoch. */
  readonly at: number;
}

/** A letter, and what the journal knows of it; undefined when it was never redriven. */
export interface KnownLetter {
  readonly letter: DeadLetter;
  readonly redriven: RedriveRecord | undefined;
}

/** Letters about to be sent together, whose fate is not written down yet. */
export interface RedriveBatch {
  readonly batchId: string;
  readonly targetTopic: string;
  readonly targetTopicId: string;
  /** Where each partition of the target that gets a message ended before: what arrives stands there or after it. */
  readonly from: ReadonlyMap<number, number>;
}

/** A letter of a batch; its position is the one in the dead-letter topic. */
export interface IntendedLetter extends Position {
  readonly letterId: string;
  /** 1 the first time. */
  readonly attempt: number;
}
