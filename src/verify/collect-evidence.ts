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

/** How many records the dead-letter topic has, and how many of them do not concern this topic. */
export interface EvidenceCounts {
  readonly letters: number;
  readonly otherTopics: number;
  /** Their headers do not say where they come from. */
  readonly foreign: number;
  /** Some of them wait behind an open transaction, and were not read. */
  readonly hidden: boolean;
}

/** Brings all dead letters of the topic and all lines of the manifest into the index, and seals it. */
export async function collectEvidence(
  { topic, deadLetterTopic, findings }: { topic: string; deadLetterTopic: string; findings: Findings },
  sources: EvidenceSources,
): Promise<EvidenceCounts> {
  const { deadLetters, manifest, index } = sources;
  let hidden = false;
  if (manifest !== undefined) for await (const lines of manifest) index.addLines(lines);
  const counts = { letters: 0, otherTopics: 0, foreign: 0 };
  if (deadLetters !== undefined) {
    const ends = await deadLetters.highWatermarks();
    const ranges = await deadLetters.ranges();
    const waiting = await addPending({ topic: deadLetterTopic, log: deadLetters, ranges, ends, findings });
    hidden = waiting.size > 0;
    for await (const { records } of ahead(deadLetters.read(ranges))) {
      const claims: DeadLetterClaim[] = [];
      for (const record of records) {
        const claim = readClaim(record);
        counts.letters += 1;
        if (claim === undefined) counts.foreign += 1;
        else if (claim.topic !== topic) counts.otherTopics += 1;
        else claims.push(claim);
      }
      index.addLetters(claims);
    }
  }
  index.seal();
  return { ...counts, hidden };
}
