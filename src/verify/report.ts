import type { FindingGroup } from './findings.ts';
import type { PartitionCounts, PartitionReport } from './tally.ts';

export interface DeadLetterReport {
  /** Records of the dead-letter topic. */
  readonly read: number;
  /** Rejected messages by the reason of their dead letter. */
  readonly byReason: Readonly<Record<string, number>>;
  /** Written more than once for the same message. A consumer that is killed between the letter and its commit does that. */
  readonly repeated: number;
  /** Rejected messages without one, which retention or compaction of the dead-letter topic may have removed. */
  readonly expired: number;
  /** Not judged: of other topics, of messages that have left the log, by retention or compaction, or came later, of earlier topics. */
  readonly ignored: {
    readonly otherTopics: number;
    readonly beforeLog: number;
    readonly afterRange: number;
    readonly earlierTopics: number;
    readonly compacted: number;
  };
}

export interface ManifestReport {
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
