import type { LogRange } from '../kafka/read/order-log.ts';
import { type DeadLetterClaim, readClaim } from './dead-letter-claim.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import type { Findings } from './findings.ts';
import type { ManifestLine } from './manifest.ts';
import { addPending } from './pending.ts';
import { ahead, type RecordSource } from './record-source.ts';

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
}

/** What the dead-letter topic has, and what it can't have any more. */
export interface Evidence {
  readonly letters: number;
  /** Letters that do not concern this topic. */
  readonly otherTopics: number;
  /**
   * Why the letter of a message may not be seen although it was written: `hidden` behind an open transaction, or `expired`, removed by
   * retention or compaction. Undefined when it would be seen.
   */
  unseen(partition: number, offset: number): 'hidden' | 'expired' | undefined;
}

/** Brings all dead letters of the topic and all lines of the manifest into the index, and seals it. */
export async function collectEvidence(options: EvidenceOptions, sources: EvidenceSources): Promise<Evidence> {
  const { topic, deadLetterTopic, lettersCompacted, earlierUntil, findings } = options;
  const { deadLetters, manifest, index } = sources;
  if (manifest !== undefined) for await (const lines of manifest) index.addLines(lines);
  const counts = { letters: 0, otherTopics: 0 };
  const kept = new KeptLetters();
  let hidden = false;
  if (deadLetters !== undefined) {
    const ends = await deadLetters.highWatermarks();
    const ranges = await deadLetters.ranges();
    kept.open(ranges);
    hidden =
      (await addPending({ topic: deadLetterTopic, log: deadLetters, ranges, ends, findings })).size > 0;
    for await (const { partition, records } of ahead(deadLetters.read(ranges))) {
      const claims: DeadLetterClaim[] = [];
      for (const record of records) {
        const claim = readClaim(record);
        counts.letters += 1;
        if (claim === undefined) {
          const detail = `at ${partition}:${record.offset} of ${deadLetterTopic}: its headers do not say of which message it is`;
          findings.add({ kind: 'foreign_dead_letter', detail });
        } else if (claim.topic !== topic) counts.otherTopics += 1;
        else {
          claims.push(claim);
          if ((claim.at ?? claim.writtenAt) > (earlierUntil ?? 0)) kept.note(partition, claim);
        }
      }
      index.addLetters(claims);
    }
  }
  index.seal();
  return {
    ...counts,
    unseen: (partition, offset) => {
      if (hidden) return 'hidden';
      return lettersCompacted || !kept.reaches(partition, offset) ? 'expired' : undefined;
    },
  };
}

/**
 * How far back the letters reach. The letters of a partition's messages are written in the order of the log, so in a partition of
 * the dead-letter topic that still has an earlier one, a later one has not been removed from its start.
 */
class KeptLetters {
  /** Partitions of the dead-letter topic that have lost their start → source partition → the least offset that is left. */
  readonly #cut = new Map<number, Map<number, number>>();

  open(ranges: ReadonlyMap<number, LogRange>): void {
    for (const [partition, { start }] of ranges) if (start > 0) this.#cut.set(partition, new Map());
  }

  note(partition: number, source: { readonly partition: number; readonly offset: number }): void {
    const least = this.#cut.get(partition);
    if (least === undefined) return;
    least.set(source.partition, Math.min(least.get(source.partition) ?? source.offset, source.offset));
  }

  /** Whether the letter of that message would be there, whatever partition it went to. */
  reaches(partition: number, offset: number): boolean {
    return [...this.#cut.values()].every(
      (least) => (least.get(partition) ?? Number.POSITIVE_INFINITY) <= offset,
    );
  }
}
