import type { Order } from '../order/order.ts';
import { ITEM_STATUS } from '../order/states.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import type { Findings } from './findings.ts';
import type { ManifestLine } from './manifest.ts';
import { OffsetCursor } from './offset-cursor.ts';

/** What a manifest says of one message. */
export interface ManifestClaim {
  readonly lines: readonly ManifestLine[];
  /** The message lies between the first and last noted ones of its partition: what is not noted is a plain order. */
  readonly withinRun: boolean;
  /** Steps of lives are noted. */
  readonly lives: boolean;
}

/** What a message turned out to be. */
export interface Outcome {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  /** Undefined when the message is not an order. */
  readonly order: Order | undefined;
  /** Why it is, or has to be, a dead letter; undefined for an order that is not. */
  readonly reason: string | undefined;
}

/**
 * Holds what happened against what was sent: the dead letters must be exactly the bad messages, and no version of an
 * order may follow a later step of its life.
 */
export class ManifestCheck {
  readonly #findings: Findings;
  readonly #cursor: OffsetCursor<ManifestLine>;
  readonly #spans = new Map<number, ReturnType<EvidenceIndex['lineSpan']>>();
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
      (line) => index.addUnexplained('line', { ...line, detail: deedOf(line), at: 0 }),
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
    const { from, to, steps } = span;
    const withinRun = from !== null && to !== null && offset >= from && offset <= to;
    return { lines: this.#cursor.take(partition, offset), withinRun, lives: steps > 0 };
  }

  judge(claim: ManifestClaim, outcome: Outcome): void {
    const { lines, withinRun } = claim;
    const { partition, offset, order, reason } = outcome;
    const orderUid = order?.order_uid;
    const differ = (detail: string): void =>
      this.#findings.add({ kind: 'manifest_mismatch', partition, offset, orderUid, detail });
    if (lines.length === 0 && withinRun && reason !== undefined) {
      if (this.#index.hasLine(outcome.key?.toString() ?? '', reason)) this.resent += 1;
      else differ(`${reason}, and the manifest does not mention it`);
    }
    for (const line of lines) {
      const expected = line.expectedReason ?? 'a good order';
      const found = reason ?? 'a good order';
      const wrongStep = order && this.#wrongStep(line, order, outcome);
      if (expected !== found) differ(`${deedOf(line)}: expected ${expected}, found ${found}`);
      else if (orderUid !== undefined && orderUid !== line.order_uid) {
        differ(`${deedOf(line)}: into order ${line.order_uid}`);
      } else if (wrongStep !== undefined) differ(wrongStep);
      else this.matched += 1;
    }
    if (lines.length === 0 && claim.lives && order !== undefined && reason === undefined) {
      const last = this.#index.lastStep(order.order_uid, partition, offset);
      if (last !== undefined && !isIn(order, last)) differ(`an older version after ${stepOf(last)}`);
    }
  }

  /** What is wrong with a message that is a step of a life; undefined when nothing is, or it is none. */
  #wrongStep(line: ManifestLine, order: Order, { partition, offset }: Outcome): string | undefined {
    const { step, order_uid: orderUid } = line;
    if (step === undefined || step === null) return undefined;
    if (!isIn(order, line)) return `${deedOf(line)}: no item is in that state`;
    const last = this.#index.lastStep(orderUid, partition, offset);
    return (last?.step ?? 0) < step ? undefined : `${deedOf(line)} after ${last && stepOf(last)}`;
  }

  /** No more messages of the partition will come. */
  finish(partition: number): void {
    this.#cursor.skipTo(partition, Number.POSITIVE_INFINITY);
  }
}

const OUTSIDE: ManifestClaim = { lines: [], withinRun: false, lives: false };

/** What a line says was done, in words. */
export function deedOf(line: ManifestLine): string {
  return line.fault === null ? `${stepOf(line)}, was sent` : `${line.fault} was injected`;
}

function stepOf({ step, state }: ManifestLine): string {
  return `step ${step}, ${state}`;
}

function isIn({ items }: Order, { state }: ManifestLine): boolean {
  return state !== undefined && items.some(({ status }) => status === ITEM_STATUS[state]);
}
