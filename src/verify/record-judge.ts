import type { LogRecord } from '../kafka/order-log.ts';
import { producedAt } from '../kafka/produced-at.ts';
import { decodeOrder } from '../order/decode.ts';
import type { Rejection } from '../order/rejection.ts';
import type { Accepted } from '../order/validate.ts';
import type { StoredMatch, StoredState } from '../storage/stored-state.ts';
import { type DeadLetterClaim, digestOf } from './dead-letter-claim.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import { type Fate, fateOf } from './fate.ts';
import type { FindingKind, Findings } from './findings.ts';
import type { ManifestCheck, ManifestClaim } from './manifest-check.ts';
import { OffsetCursor } from './offset-cursor.ts';
import type { Category, Tally } from './tally.ts';

type Letter = Omit<DeadLetterClaim, 'topic'>;

/** An accepted message that waits for what the database says. */
export interface Candidate {
  readonly partition: number;
  readonly offset: number;
  /** ms since the Unix epoch. */
  readonly producedAt: number;
  readonly accepted: Accepted;
  /** Its dead letters that hold its very bytes, and whether each was right to be written. */
  readonly letters: readonly { readonly reason: string; readonly just: boolean }[];
  readonly claim: ManifestClaim | undefined;
}

export interface RecordJudgeOptions {
  readonly topic: string;
  readonly maxOrderBytes: number;
  readonly now: () => number;
  /** How far the group is, by partition. */
  readonly nextOffsets: ReadonlyMap<number, number>;
  readonly topics: ReadonlySet<string>;
  readonly stored: Pick<StoredState, 'difference'>;
  readonly index: EvidenceIndex;
  readonly tally: Tally;
  readonly findings: Findings;
  readonly manifest: ManifestCheck | undefined;
  /** Some dead letters wait behind an open transaction: one that is not seen may be among them. */
  readonly lettersHidden: boolean;
}

/**
 * Judges every message of the log in two steps: `inspect` by itself and by its dead letters, which settles the rejected ones;
 * `settle`, for an accepted one, by what is stored. Both want the messages of a partition by rising offsets.
 */
export class RecordJudge {
  /** Dead letters that did their duty, by reason. */
  readonly reasons = new Map<string, number>();
  /** Dead letters written once more than needed: after a crash that is as it should be. */
  repeated = 0;
  readonly #options: RecordJudgeOptions;
  readonly #letters: OffsetCursor<Letter>;

  constructor(options: RecordJudgeOptions) {
    this.#options = options;
    const { index } = options;
    this.#letters = new OffsetCursor<Letter>(
      (partition, from, limit) => index.letters(partition, from, limit),
      (letter) => this.#unexplained(letter),
    );
  }

  /** Begins a partition at an offset. */
  open(partition: number, start: number): void {
    this.#letters.open(partition, start);
    this.#options.manifest?.open(partition, start);
  }

  /** Settles a rejected message and gives undefined, or an accepted one that is to be settled. */
  inspect(partition: number, record: LogRecord): Candidate | undefined {
    const { maxOrderBytes: maxBytes, now, manifest } = this.#options;
    const { offset, value } = record;
    const verdict = decodeOrder(value, { maxBytes, now });
    const letters = this.#letters.take(partition, offset);
    const claim = manifest?.take(partition, offset);
    if (!verdict.ok) {
      this.#reject(partition, record, verdict, letters);
      if (claim !== undefined) {
        const { key } = record;
        manifest?.judge(claim, { partition, offset, key, orderUid: undefined, reason: verdict.reason });
      }
      return undefined;
    }
    return {
      partition,
      offset,
      producedAt: producedAt(record),
      accepted: verdict,
      letters: letters.length === 0 ? NO_LETTERS : this.#judgeLetters(record, letters),
      claim,
    };
  }

  async settle(candidate: Candidate, stored: StoredMatch | undefined): Promise<void> {
    const { topic, manifest } = this.#options;
    const { partition, offset, accepted, letters, claim } = candidate;
    const orderUid = accepted.order.order_uid;
    const fate = fateOf({ topic, partition, offset, passed: this.#passed(partition, offset) }, stored);
    const just = letters.find((letter) => letter.just && !isRefusalOf(letter, fate));
    const unjust = letters.filter((letter) => !letter.just || isRefusalOf(letter, fate));
    if (unjust.length > 0) {
      const what = fate === 'stored' || fate === 'altered' ? 'stored, and' : 'a good order, but';
      this.#add('wrongly_dead_lettered', candidate, `${what} in the dead letters as ${unjust[0]?.reason}`);
    }
    const reason = just !== undefined && fate !== 'stored' && fate !== 'altered' ? just.reason : undefined;
    if (claim !== undefined) manifest?.judge(claim, { partition, offset, key: null, orderUid, reason });
    if (reason !== undefined) {
      this.repeated += letters.length - unjust.length - 1;
      this.#dead(partition, offset, reason);
      return;
    }
    this.repeated += letters.length - unjust.length;
    await this.#conclude(candidate, fate, stored, unjust.length > 0);
  }

  /** Everything of the partition below the offset has been read. */
  finish(partition: number, end: number): void {
    this.#letters.skipTo(partition, end);
    this.#options.manifest?.finish(partition);
  }

  async #conclude(
    candidate: Candidate,
    fate: Fate,
    stored: StoredMatch | undefined,
    alreadyFound: boolean,
  ): Promise<void> {
    const { index, tally, topics, topic } = this.#options;
    const { partition, offset, accepted } = candidate;
    const orderUid = accepted.order.order_uid;
    tally.add(partition, offset, CATEGORY[fate]);
    if (stored !== undefined && stored.topic !== topic && !topics.has(stored.topic)) {
      this.#add('altered', candidate, 'source_topic: no group has stored orders of that topic');
    }
    if (stored !== undefined && this.#passed(partition, offset)) this.#compareVersions(candidate, stored);
    if (fate === 'altered') {
      index.altered(orderUid);
      this.#add('altered', candidate, await this.#difference(accepted));
    } else if (fate === 'identical') {
      index.acquit(orderUid);
      if (stored?.partition !== partition) index.sighted(orderUid, partition);
    } else if (fate === 'suspect') {
      index.suspect({ orderUid, partition, offset });
    } else if (fate === 'pending') {
      this.#add('not_yet_stored', candidate, 'the group has not come so far');
    } else if (fate === 'lost' && !alreadyFound) {
      this.#add('lost', candidate, 'not stored, and no dead letter');
    }
  }

  /** Notes messages of an order that is stored from another partition, and those of its own that are younger than what is stored. */
  #compareVersions({ partition, offset, producedAt: at, accepted }: Candidate, stored: StoredMatch): void {
    if (stored.topic !== this.#options.topic || stored.earlier) return;
    if (stored.partition === partition && at <= stored.producedAt) return;
    const { order_uid: orderUid } = accepted.order;
    const { same } = stored;
    this.#options.index.scattered({ orderUid, partition, offset, at, same }, stored);
  }

  #reject(partition: number, record: LogRecord, verdict: Rejection, letters: readonly Letter[]): void {
    const { findings, tally } = this.#options;
    const { offset, value } = record;
    const digest = letters.length === 0 ? '' : digestOf(value);
    const own = letters.filter((letter) => letter.digest === digest);
    const add = (kind: FindingKind, detail: string): void =>
      findings.add({ kind, partition, offset, detail });
    const right = own.find((letter) => letter.reason === verdict.reason);
    if (own.length > 0) {
      const [first] = own;
      if (right === undefined) add('wrong_reason', `${first?.reason}, and it is ${verdict.reason}`);
      this.repeated += own.length - 1;
      for (const letter of letters) if (letter.digest !== digest) this.#unexplained(letter);
      this.#dead(partition, offset, right?.reason ?? first?.reason ?? verdict.reason);
      return;
    }
    const passed = this.#passed(partition, offset);
    const hidden = this.#options.lettersHidden && letters.length === 0;
    tally.add(partition, offset, passed && !hidden ? 'lost' : 'pending');
    if (letters.length > 0) add('altered_dead_letter', `${verdict.reason}, its dead letter has other bytes`);
    else if (hidden)
      add(
        'pending',
        `${verdict.reason}, and no dead letter can be seen: some wait behind an open transaction`,
      );
    else if (passed) add('missing_dead_letter', `${verdict.reason}, and no dead letter`);
    else add('not_yet_stored', `${verdict.reason}, the group has not come so far`);
  }

  /** Which dead letters of an accepted message were right when they were written. */
  #judgeLetters({ value }: LogRecord, letters: readonly Letter[]): Candidate['letters'] {
    const digest = digestOf(value);
    const maxBytes = this.#options.maxOrderBytes;
    return letters.flatMap((letter) => {
      if (letter.digest !== digest) {
        this.#unexplained(letter);
        return [];
      }
      const { reason, at } = letter;
      if (reason === 'future_date') {
        const then = decodeOrder(value, { maxBytes, now: () => at });
        return [{ reason, just: !then.ok && then.reason === 'future_date' }];
      }
      return [{ reason, just: reason === REFUSED }];
    });
  }

  #dead(partition: number, offset: number, reason: string): void {
    this.#options.tally.add(partition, offset, 'deadLettered');
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  #unexplained(letter: Letter): void {
    this.#options.index.addUnexplained('letter', { ...letter, detail: letter.reason });
  }

  #passed(partition: number, offset: number): boolean {
    return offset < (this.#options.nextOffsets.get(partition) ?? 0);
  }

  /** A question to the database of its own, so only for what will be listed. */
  async #difference({ order }: Accepted): Promise<string> {
    const { findings, stored } = this.#options;
    return findings.hasRoom('altered') ? ((await stored.difference(order)) ?? '/') : '';
  }

  #add(kind: FindingKind, { partition, offset, accepted }: Candidate, detail: string): void {
    const orderUid = accepted.order.order_uid;
    this.#options.findings.add({ kind, partition, offset, orderUid, detail });
  }
}

const REFUSED = 'database_rejected';
const NO_LETTERS: Candidate['letters'] = [];
const CATEGORY: Readonly<Record<Fate, Category>> = {
  stored: 'stored',
  altered: 'stored',
  identical: 'identical',
  superseded: 'superseded',
  // Until the end of the log has shown that no later message says what is stored.
  suspect: 'superseded',
  pending: 'pending',
  lost: 'lost',
};

/** The database can't have refused an order that it holds. */
function isRefusalOf(letter: { readonly reason: string }, fate: Fate): boolean {
  return letter.reason === REFUSED && (fate === 'stored' || fate === 'altered');
}
