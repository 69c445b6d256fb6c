import type { EvidenceIndex } from './evidence-index.ts';
import type { Findings } from './findings.ts';
import type { ManifestLine } from './manifest.ts';
import { OffsetCursor } from './offset-cursor.ts';

/** What a manifest says of one message. */
export interface ManifestClaim {
  readonly lines: readonly ManifestLine[];
  /** The message lies between the first and last noted ones of its partition: what is not noted is a plain order. */
  readonly withinRun: boolean;
}

/** What a message turned out to be. */
export interface Outcome {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  /** Undefined when the message is not an order. */
  readonly orderUid: string | undefined;
  /** Why it is, or has to be, a dead letter; undefined for an order that is not. */
  readonly reason: string | undefined;
}

/** Holds what happened against what was injected: the dead letters must be exactly the bad messages. */
export class ManifestCheck {
  readonly #findings: Findings;
  readonly #cursor: OffsetCursor<ManifestLine>;
  readonly #spans = new Map<number, { first: number; last: number } | undefined>();
  readonly #index: EvidenceIndex;
  /** Lines that are as they should be. */
  matched = 0;
  /** Bad messages that stand in the log once more, as a producer's client may send them when an answer was lost. */
  resent = 0;

  constructor(index: EvidenceIndex, findings: Findings) {
    this.#index = index;
    this.#findings = findings;
    this.#cursor = new OffsetCursor<ManifestLine>(
      (partition, from, limit) => index.lines(partition, from, limit),
      (line) => index.addUnexplained('line', { ...line, detail: line.fault, at: 0 }),
    );
  }

  open(partition: number, start: number): void {
    this.#cursor.open(partition, start);
    this.#spans.set(partition, this.#index.lineSpan(partition));
  }

  /** Call it for every message, by rising offsets. */
  take(partition: number, offset: number): ManifestClaim {
    const span = this.#spans.get(partition);
    if (span === undefined || offset < span.first || offset > span.last) return OUTSIDE;
    return { lines: this.#cursor.take(partition, offset), withinRun: true };
  }

  judge(claim: ManifestClaim, outcome: Outcome): void {
    const { lines, withinRun } = claim;
    const { partition, offset, orderUid, reason } = outcome;
    const differ = (detail: string): void =>
      this.#findings.add({ kind: 'manifest_mismatch', partition, offset, orderUid, detail });
    if (lines.length === 0 && withinRun && reason !== undefined) {
      if (this.#index.hasLine(outcome.key?.toString() ?? '', reason)) this.resent += 1;
      else differ(`${reason}, and the manifest does not mention it`);
    }
    for (const line of lines) {
      const expected = line.expectedReason ?? 'a good order';
      const found = reason ?? 'a good order';
      if (expected !== found) differ(`${line.fault} was injected: expected ${expected}, found ${found}`);
      else if (orderUid !== undefined && orderUid !== line.order_uid) {
        differ(`${line.fault} was injected into order ${line.order_uid}`);
      } else this.matched += 1;
    }
  }

  /** No more messages of the partition will come. */
  finish(partition: number): void {
    this.#cursor.skipTo(partition, Number.POSITIVE_INFINITY);
  }
}

const OUTSIDE: ManifestClaim = { lines: [], withinRun: false };
