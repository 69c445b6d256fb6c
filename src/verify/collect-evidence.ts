import type { Position } from '../contract/letter.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import type { TopicReader } from '../kafka/read/topic-reader.ts';
import { CLOCK_TOLERANCE_MS, type DeadLetterClaim, readClaim } from './dead-letter-claim.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import { Findings } from './findings.ts';
import type { ManifestLine } from './manifest.ts';
import { addPending } from './state-findings.ts';

/** The committed messages of a topic. Calls throw AppError `kafka_unavailable`, `topic_missing`. */
export type RecordSource = Pick<TopicReader, 'ranges' | 'highWatermarks' | 'openTransactions' | 'read'>;

export interface EvidenceSources {
  readonly deadLetters: RecordSource | undefined;
  readonly manifest: AsyncIterable<readonly ManifestLine[]> | undefined;
  readonly index: EvidenceIndex;
}

export interface EvidenceOptions {
  readonly topic: string;
  readonly deadLetterTopic: string;
  /** The dead-letter topic is compacted: of the letters of one key only the last is sure to be there. */
  readonly lettersCompacted: boolean;
  /** Up to here letters are of earlier topics of this name, ms since the Unix epoch. */
  readonly earlierUntil: number | undefined;
  readonly findings: Findings;
  /** Whether the letters of the partition's messages are to be held against them. */
  readonly isJudged: (partition: number) => boolean;
  /** Whether what concerns no partition is found and counted here. */
  readonly leads: boolean;
}

/** What the dead-letter topic has, and what it can't have any more. */
export interface Evidence {
  readonly letters: number;
  /** Letters that do not concern this topic. */
  readonly otherTopics: number;
  /**
   * Why the letter of a message may not be seen although it was written: `hidden` behind an open transaction, or
   * `expired`, removed by retention or compaction. Undefined when it would be seen. `at`: when the message was written,
   * ms since the Unix epoch.
   */
  unseen(partition: number, offset: number, at: number): 'hidden' | 'expired' | undefined;
}

/** Brings the dead letters of the judged partitions and all lines of the manifest into the index, and seals it. */
export async function collectEvidence(options: EvidenceOptions, sources: EvidenceSources): Promise<Evidence> {
  const { topic, deadLetterTopic, lettersCompacted, earlierUntil, isJudged, leads } = options;
  // What others find, too, counts once.
  const findings = leads ? options.findings : new Findings(0);
  const { deadLetters, manifest, index } = sources;
  if (manifest !== undefined) for await (const lines of manifest) index.addLines(lines);
  const counts = { letters: 0, otherTopics: 0 };
  const kept = new KeptLetters();
  let hidden = false;
  if (deadLetters !== undefined) {
    const ends = await deadLetters.highWatermarks();
    const ranges = await deadLetters.ranges();
    kept.open(ranges);
    hidden = (await addPending({ topic: deadLetterTopic, log: deadLetters, ranges, ends, findings })).size > 0;
    for await (const { partition, records } of ahead(deadLetters.read(ranges))) {
      const claims: DeadLetterClaim[] = [];
      for (const record of records) {
        const claim = readClaim(record);
        counts.letters += 1;
        if (claim === undefined) {
          const detail = `at ${partition}:${record.offset} of ${deadLetterTopic}: its headers do not say of which message it is`;
          findings.add({ kind: 'foreign_dead_letter', detail });
          continue;
        }
        kept.begin(partition, claim.at);
        if (claim.topic !== topic) counts.otherTopics += 1;
        else {
          if (isJudged(claim.partition)) claims.push(claim);
          if ((claim.at ?? claim.writtenAt) > (earlierUntil ?? 0)) kept.note(partition, claim);
        }
      }
      index.addLetters(claims);
    }
  }
  index.seal();
  return {
    ...(leads ? counts : { letters: 0, otherTopics: 0 }),
    unseen: (partition, offset, at) => {
      if (hidden) return 'hidden';
      return lettersCompacted || !kept.reaches(partition, offset, at) ? 'expired' : undefined;
    },
  };
}

/** A partition of the dead-letter topic that has lost its start. */
interface CutPartition {
  /** When its first letter was rejected, ms since the Unix epoch. */
  since: number | undefined;
  /** Source partition → the least offset that is left. */
  readonly least: Map<number, number>;
}

/**
 * How far back the letters reach. The letters of a partition's messages are written in the order of the log, so a
 * partition of the dead-letter topic that still has an earlier one has not lost a later one. Nor has it lost the letter
 * of a message that was written after its first letter.
 */
class KeptLetters {
  readonly #cut = new Map<number, CutPartition>();

  open(ranges: ReadonlyMap<number, LogRange>): void {
    for (const [partition, { start }] of ranges)
      if (start > 0) this.#cut.set(partition, { since: undefined, least: new Map() });
  }

  /** A letter, of any topic; letters come in the order in which they were written. */
  begin(partition: number, at: number | undefined): void {
    const cut = this.#cut.get(partition);
    if (cut !== undefined) cut.since ??= at;
  }

  note(partition: number, source: Position): void {
    const least = this.#cut.get(partition)?.least;
    least?.set(source.partition, Math.min(least.get(source.partition) ?? source.offset, source.offset));
  }

  /** Whether the letter of a message written at that time would be there, whatever partition it went to. */
  reaches(partition: number, offset: number, at: number): boolean {
    return [...this.#cut.values()].every(
      ({ since, least }) =>
        (least.get(partition) ?? Number.POSITIVE_INFINITY) <= offset ||
        (since !== undefined && at - CLOCK_TOLERANCE_MS > since),
    );
  }
}

/** The same values; each is requested before the last one is handed out, so that fetching continues during the work. */
export async function* ahead<T>(values: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    while (true) {
      const result = await next;
      if (result.done === true) return;
      next = iterator.next();
      // Its failure is the next turn's to throw; until then nobody listens.
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    await next.catch(() => {});
    await iterator.return?.();
  }
}
