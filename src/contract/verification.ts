// What a verification finds: src/verify makes it, the command line and the REST API show it.

/**
 * What can be wrong. `pending` and `not_yet_stored` may resolve by themselves; nothing else does.
 * - `lost`: an accepted order that is not stored although its offset was passed;
 * - `lost_update`: the stored order is older than the last accepted message;
 * - `altered`: the stored order differs from the message it came from;
 * - `phantom_order`: a stored order names a message that does not exist, or that is not this order;
 * - `items_without_order`, `order_without_items`: half of an order;
 * - `missing_dead_letter`: a rejected message without one; `altered_dead_letter`: with one that holds other bytes, key
 *   or headers; `wrong_reason`: with one for another reason;
 * - `wrongly_dead_lettered`: a dead letter of a good order, or of no message at all; `foreign_dead_letter`: one that
 *   names no message;
 * - `cut_dead_letter`: one that holds only a part, because its topic takes no more. This is explained, not wrong;
 * - `lost_range`: messages that left the log before they were stored;
 * - `log_cut`: a log that was cut below the stored offset; reading went on from the cut, so no message of it is
 *   missing;
 * - `offset_past_end`: the stored offset lies past the log's end; `offset_moved_back`: orders ahead of it are already
 *   stored;
 * - `manifest_mismatch`: what happened is not what was injected;
 * - `scattered_order`: its versions came from several partitions, so clocks decide which is the newest. It is stored,
 *   or else there is a `lost_update`, too;
 * - `pending`: acknowledged messages behind an open transaction, which readers of committed messages do not see yet;
 * - `not_yet_stored`: the group has not reached it.
 */
export const FINDING_KINDS = [
  'lost',
  'lost_update',
  'altered',
  'phantom_order',
  'items_without_order',
  'order_without_items',
  'missing_dead_letter',
  'altered_dead_letter',
  'wrong_reason',
  'wrongly_dead_lettered',
  'foreign_dead_letter',
  'cut_dead_letter',
  'lost_range',
  'log_cut',
  'offset_past_end',
  'offset_moved_back',
  'manifest_mismatch',
  'scattered_order',
  'pending',
  'not_yet_stored',
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

/** One thing that is wrong, and where. Never says more of an order than its uid and the path of a field. */
export interface Finding {
  readonly kind: FindingKind;
  readonly partition?: number | undefined;
  readonly offset?: number | undefined;
  readonly orderUid?: string | undefined;
  readonly detail: string;
}

/** How often a kind was found, and the first of them. */
export interface FindingGroup {
  readonly kind: FindingKind;
  readonly count: number;
  readonly listed: readonly Finding[];
}

/** What became of the messages of a partition: produced is the sum of all but noMessage. */
export interface PartitionCounts {
  produced: number;
  /** Orders stored from this very message, altered ones included. */
  stored: number;
  deadLettered: number;
  /** Replaced by a later message of the same order. */
  superseded: number;
  /** Said what was stored already. */
  identical: number;
  /** Not stored, and old enough to be of an order that was deleted for its age (`retention.days`). */
  expired: number;
  /** Not reached by the group yet; behind an open transaction every offset counts. */
  pending: number;
  /** Neither stored nor a proper dead letter. */
  lost: number;
  /** Offsets without a message: transaction markers, aborted messages, compaction. */
  noMessage: number;
}

/** Offsets of a partition: `from` inclusive, `to` exclusive. */
export interface OffsetRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** The range that was judged, and what was found in it. */
export interface PartitionReport extends Readonly<PartitionCounts>, OffsetRange {}

interface DeadLetterReport {
  /** Records of the dead-letter topic. */
  readonly read: number;
  /** Rejected messages by the reason of their dead letter. */
  readonly byReason: Readonly<Record<string, number>>;
  /** Written more than once for one message. A consumer killed between the letter and its commit does that. */
  readonly repeated: number;
  /** Rejected messages without one, which retention or compaction of the dead-letter topic may have removed. */
  readonly expired: number;
  /** Not judged: of other or earlier topics, or of messages that came later or left the log (retention, compaction). */
  readonly ignored: {
    readonly otherTopics: number;
    readonly beforeLog: number;
    readonly afterRange: number;
    readonly earlierTopics: number;
    readonly compacted: number;
  };
}

interface ManifestReport {
  /** Lines of messages that must become dead letters, and of good orders. */
  readonly bad: number;
  readonly good: number;
  /** Lines that are as they should be. */
  readonly matched: number;
  /** Bad messages that stand in the log once more: the producer's client had lost the answer. */
  readonly resent: number;
  /** Lines of messages that have left the log. */
  readonly beforeLog: number;
}

/** What a verification found. */
export interface VerifyReport {
  /** All is accounted for, and nothing is wrong. */
  readonly ok: boolean;
  readonly topic: string;
  readonly group: string;
  readonly deadLetterTopic: string;
  readonly partitions: readonly PartitionReport[];
  readonly total: Readonly<PartitionCounts>;
  readonly deadLetters: DeadLetterReport;
  /** Stored orders whose message compaction has removed: nothing to hold them against. */
  readonly compactedOrders: number;
  /** What is written but not checked, or only roughly; for people. */
  readonly unchecked: readonly string[];
  /** Absent without a manifest. */
  readonly manifest?: ManifestReport;
  readonly findings: readonly FindingGroup[];
  readonly seconds: number;
  readonly messagesPerSecond: number;
}

/**
 * What verifying some of the topic's partitions has found: the sums of all such shares are those of the whole. What
 * concerns no partition of its own is in the share of the lowest one.
 */
export interface ShareReport extends Omit<VerifyReport, 'ok' | 'total' | 'messagesPerSecond'> {
  /** All partitions of the topic. */
  readonly topicPartitions: readonly number[];
  readonly maxFindings: number;
  /** What all shares must have seen alike, by name: the state of the database, the settings. */
  readonly seen: Readonly<Record<string, string>>;
}

/** How far a verification is, as its process tells the one that started it. */
export type VerifyProgress =
  | { readonly phase: 'waiting' /** Messages still to be stored. */; readonly waitingFor: number }
  | {
      readonly phase: 'verifying';
      /** Offsets judged, of how many, and how many a second so far. */
      readonly done: number;
      readonly total: number;
      readonly perSecond: number;
    };
