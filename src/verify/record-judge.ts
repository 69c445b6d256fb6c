import type { FindingKind } from '../contract/verification.ts';
import type { LogRecord } from '../kafka/read/order-log.ts';
import { decodeOrder } from '../order/decode.ts';
import type { Rejection } from '../order/rejection.ts';
import type { StoredMatch } from '../storage/postgresql/stored-match.ts';
import type { StoredState } from '../storage/postgresql/stored-snapshot.ts';
import { Candidate, type CandidateLetters, recognize } from './candidate.ts';
import type { Evidence } from './collect-evidence.ts';
import { CLOCK_TOLERANCE_MS, cutOf, faultsOf, holdsValue, type Letter } from './dead-letter-claim.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import { type Fate, fateOf, wrongTime } from './fate.ts';
import type { Findings } from './findings.ts';
import type { ManifestCheck } from './manifest-check.ts';
import { OffsetCursor } from './offset-cursor.ts';
import { ReadAgain } from './state-findings.ts';
import type { Category, Tally } from './tally.ts';

export interface RecordJudgeOptions {
  readonly topic: string;
  readonly maxOrderBytes: number;
  readonly now: () => number;
  /** How far the group is, by partition. */
  readonly nextOffsets: ReadonlyMap<number, number>;
  /** When each partition was last moved, ms since the Unix epoch. */
  readonly movedAt: ReadonlyMap<number, number>;
  /** Up to then a message may be of an order that was deleted for its age, ms since the Unix epoch. */
  readonly expiredUntil: number | undefined;
  readonly stored: Pick<StoredState, 'difference'>;
  readonly index: EvidenceIndex;
  readonly tally: Tally;
  readonly findings: Findings;
  readonly manifest: ManifestCheck | undefined;
  readonly unseen: Evidence['unseen'];
}

/**
 * Judges every message of the log in two steps: `inspect` by itself and by its dead letters, which settles the rejected
 * ones; `settle`, for an accepted one, by what is stored. Both want the messages of a partition by rising offsets.
 */
export class RecordJudge {
  /** Dead letters that did their duty, by reason. */
  readonly reasons = new Map<string, number>();
  /** Dead letters written once more than needed: after a crash that is as it should be. */
  repeated = 0;
  /** Rejected messages whose dead letters may have been removed. */
  expired = 0;
  readonly #readAgain = new ReadAgain();
  readonly #options: RecordJudgeOptions;
  readonly #letters: OffsetCursor<Letter>;

  constructor(options: RecordJudgeOptions) {
    this.#options = options;
    const { index } = options;
    this.#letters = new OffsetCursor<Letter>(
      (partition, from, limit) => index.letters(partition, from, limit),
      (letter) => this.#unexplained('gap', letter),
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
    const { offset } = record;
    const found = recognize(record, { maxBytes, now });
    const letters = this.#letters.take(partition, offset);
    const claim = manifest?.take(partition, offset);
    if (!found.ok) {
      this.#reject(partition, record, found, letters);
      if (claim !== undefined) {
        const { key } = record;
        manifest?.judge(claim, { partition, offset, key, order: undefined, reason: found.reason });
      }
      return undefined;
    }
    return new Candidate(
      partition,
      record,
      found,
      letters.length === 0 ? NO_LETTERS : this.#judgeLetters(partition, record, letters),
      claim,
    );
  }

  /** Rarely has something to be awaited. */
  settle(candidate: Candidate, stored: StoredMatch | undefined): Promise<void> | undefined {
    const { topic, manifest, expiredUntil = Number.NEGATIVE_INFINITY } = this.#options;
    const { partition, offset, letters, claim, timestamp } = candidate;
    const old = timestamp <= expiredUntil + CLOCK_TOLERANCE_MS;
    const fate = fateOf({ topic, partition, offset, passed: this.#passed(partition, offset), old }, stored);
    const just = letters.find((letter) => letter.just && !isRefusalOf(letter, fate));
    const unjust = letters.filter((letter) => !letter.just || isRefusalOf(letter, fate));
    if (unjust.length > 0) {
      const what = fate === 'stored' || fate === 'altered' ? 'stored, and' : 'a good order, but';
      this.#add('wrongly_dead_lettered', candidate, `${what} in the dead letters as ${unjust[0]?.reason}`);
    }
    const reason = just !== undefined && fate !== 'stored' && fate !== 'altered' ? just.reason : undefined;
    if (claim !== undefined) manifest?.judge(claim, { partition, offset, key: null, order: candidate.order, reason });
    if (reason !== undefined) {
      this.repeated += letters.length - unjust.length - 1;
      this.#dead(partition, offset, reason);
      return undefined;
    }
    this.repeated += letters.length - unjust.length;
    return this.#conclude(candidate, fate, stored, unjust.length > 0);
  }

  /** Everything of the partition below the offset has been read. */
  finish(partition: number, end: number): void {
    this.#letters.skipTo(partition, end);
    this.#options.manifest?.finish(partition);
  }

  /** All partitions are finished. */
  report(): void {
    this.#readAgain.report(this.#options.findings, this.#options.nextOffsets);
  }

  #conclude(
    candidate: Candidate,
    fate: Fate,
    stored: StoredMatch | undefined,
    alreadyFound: boolean,
  ): Promise<void> | undefined {
    const { index, tally } = this.#options;
    const { partition, offset, uid: orderUid } = candidate;
    tally.add(partition, offset, CATEGORY[fate]);
    if (stored !== undefined && this.#passed(partition, offset)) this.#compareVersions(candidate, stored);
    if (fate !== 'pending') this.#effect(partition, offset, fate === 'stored' || fate === 'altered');
    if (fate === 'altered') {
      index.orders.altered(orderUid);
      return this.#altered(candidate);
    }
    if (fate === 'stored' && stored !== undefined) {
      const wrong = wrongTime(candidate, stored, this.#options);
      if (wrong !== undefined) this.#add('altered', candidate, wrong);
    } else if (fate === 'identical') {
      index.orders.acquit(orderUid, partition);
      if (stored?.partition !== partition || stored.earlier) index.orders.sighted(orderUid, partition);
    } else if (fate === 'suspect') {
      index.orders.suspect({ orderUid, partition, offset });
    } else if (fate === 'pending') {
      this.#add('not_yet_stored', candidate, 'the group has not reached it yet');
    } else if (fate === 'lost' && !alreadyFound) {
      this.#add('lost', candidate, 'not stored, and no dead letter');
    }
    return undefined;
  }

  /** Notes a message whose order is stored from another partition, or from an older message of its own partition. */
  #compareVersions({ partition, offset, producedAt: at, uid: orderUid }: Candidate, stored: StoredMatch): void {
    if (stored.topic !== this.#options.topic || stored.earlier) return;
    if (stored.partition === partition && at <= stored.producedAt) return;
    const { same } = stored;
    this.#options.index.orders.scattered({ orderUid, partition, offset, at, same }, stored);
  }

  #reject(partition: number, record: LogRecord, verdict: Rejection, letters: readonly Letter[]): void {
    const { findings, tally, now } = this.#options;
    const { offset, value } = record;
    const own = letters.filter((letter) => holdsValue(letter, value));
    const add = (kind: FindingKind, detail: string): void => findings.add({ kind, partition, offset, detail });
    const right = own.find((letter) => letter.reason === verdict.reason);
    if (own.length > 0) {
      const [first] = own;
      if (right === undefined) add('wrong_reason', `${first?.reason}, and it is ${verdict.reason}`);
      this.repeated += own.length - 1;
      for (const letter of letters) {
        if (!own.includes(letter)) this.#unexplained('letter', letter);
        else {
          const detail = letter.reason === verdict.reason ? verdict.detail : undefined;
          this.#checkLetter(record, partition, letter, detail);
        }
      }
      this.#dead(partition, offset, right?.reason ?? first?.reason ?? verdict.reason);
      return;
    }
    const passed = this.#passed(partition, offset);
    // A time that has not come yet says nothing.
    const at = record.timestamp > now() ? 0 : record.timestamp;
    const unseen = passed && letters.length === 0 ? this.#options.unseen(partition, offset, at) : undefined;
    if (unseen === 'expired') {
      this.expired += 1;
      tally.add(partition, offset, 'deadLettered');
      return;
    }
    tally.add(partition, offset, passed && unseen === undefined ? 'lost' : 'pending');
    if (letters.length > 0) add('altered_dead_letter', `${verdict.reason}, its dead letter has other bytes`);
    else if (unseen === 'hidden')
      add('pending', `${verdict.reason}, and no dead letter can be seen: some wait behind an open transaction`);
    else if (passed) add('missing_dead_letter', `${verdict.reason}, and no dead letter`);
    else add('not_yet_stored', `${verdict.reason}, the group has not reached it yet`);
  }

  /** Which dead letters of an accepted message were right when they were written. */
  #judgeLetters(partition: number, record: LogRecord, letters: readonly Letter[]): CandidateLetters {
    const { value } = record;
    const maxBytes = this.#options.maxOrderBytes;
    return letters.flatMap((letter) => {
      if (!holdsValue(letter, value)) {
        this.#unexplained('letter', letter);
        return [];
      }
      const { reason, at = letter.writtenAt } = letter;
      const then = reason === 'future_date' ? decodeOrder(value, { maxBytes, now: () => at }) : undefined;
      const future = then?.ok === false && then.reason === reason ? then.detail : undefined;
      const just = future !== undefined || reason === REFUSED;
      if (just) this.#checkLetter(record, partition, letter, future);
      return [{ reason, just }];
    });
  }

  /** Whether a letter that holds the message's value says the rest as it has to. */
  #checkLetter(record: LogRecord, partition: number, letter: Letter, detail: string | undefined): void {
    const { findings } = this.#options;
    const faults = faultsOf(letter, record, detail);
    const cut = cutOf(letter);
    const { offset } = record;
    if (faults.length > 0) {
      const what = `${letter.reason}, its dead letter is wrong in: ${faults.join(', ')}`;
      findings.add({ kind: 'altered_dead_letter', partition, offset, detail: what });
    } else if (cut !== undefined) {
      const what = `${letter.reason}, its dead letter ${cut}`;
      findings.add({ kind: 'cut_dead_letter', partition, offset, detail: what });
    }
  }

  /** A message has had its effect. */
  #effect(partition: number, offset: number, stored: boolean): void {
    if (!this.#passed(partition, offset)) this.#readAgain.note(partition, offset, stored);
  }

  #dead(partition: number, offset: number, reason: string): void {
    this.#effect(partition, offset, false);
    this.#options.tally.add(partition, offset, 'deadLettered');
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  #unexplained(kind: 'letter' | 'gap', { partition, offset, reason, at, writtenAt }: Letter): void {
    this.#options.index.addUnexplained(kind, { partition, offset, detail: reason, at: at ?? writtenAt });
  }

  #passed(partition: number, offset: number): boolean {
    return offset < (this.#options.nextOffsets.get(partition) ?? 0);
  }

  /** A question to the database of its own, so only for what will be listed. */
  async #altered(candidate: Candidate): Promise<void> {
    const { findings, stored } = this.#options;
    const listed = findings.hasRoom('altered', candidate);
    const pointer = listed ? ((await stored.difference(candidate.order)) ?? '/items, by their positions') : '';
    this.#add('altered', candidate, pointer);
  }

  #add(kind: FindingKind, { partition, offset, uid: orderUid }: Candidate, detail: string): void {
    this.#options.findings.add({ kind, partition, offset, orderUid, detail });
  }
}

const REFUSED = 'database_rejected';
const NO_LETTERS: CandidateLetters = [];
const CATEGORY: Readonly<Record<Fate, Category>> = {
  stored: 'stored',
  altered: 'stored',
  identical: 'identical',
  superseded: 'superseded',
  // Until the end of the log has shown that no later message says what is stored.
  suspect: 'superseded',
  pending: 'pending',
  expired: 'expired',
  lost: 'lost',
};

/** The database can't have refused an order that it holds. */
function isRefusalOf(letter: { readonly reason: string }, fate: Fate): boolean {
  return letter.reason === REFUSED && (fate === 'stored' || fate === 'altered');
}
