import type { OpenTransaction } from '../kafka/admin/open-transactions.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import type { TopicReader } from '../kafka/read/topic-reader.ts';
import { rfc3339 } from '../lib/rfc3339.ts';
import type { LogCut } from '../storage/postgresql/offset-store.ts';
import type { StoredState } from '../storage/postgresql/stored-snapshot.ts';
import type { Letter } from './dead-letter-claim.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import type { Findings } from './findings.ts';
import { deedOf } from './manifest-check.ts';

export interface StateToCheck {
  readonly stored: Pick<StoredState, 'lostRanges' | 'itemsWithoutOrder' | 'ordersWithoutItems'>;
  readonly findings: Findings;
  readonly nextOffsets: ReadonlyMap<number, number>;
  readonly cuts: readonly LogCut[];
  /** The whole log, asked for after the offsets. */
  readonly logRanges: ReadonlyMap<number, LogRange>;
  /** Where it ends, open transactions included. */
  readonly ends: ReadonlyMap<number, number>;
}

/** What is wrong with the database by itself, and with its offsets. */
export async function addStateFindings(state: StateToCheck): Promise<void> {
  const { stored, findings, nextOffsets, cuts, logRanges, ends } = state;
  const { limit } = findings;
  const lost = await stored.lostRanges(limit);
  for (const { partition, from, to, reason } of lost.first) {
    const detail = `${from} to ${to - 1}: left the log before they were stored (${reason})`;
    findings.add({ kind: 'lost_range', partition, offset: from, detail });
  }
  findings.addUnlisted('lost_range', lost.count - lost.first.length);
  for (const { partition, from, to } of cuts) {
    const detail = `${from} to ${to - 1}: stored, and then cut off the log; it was read on from ${from}`;
    findings.add({ kind: 'log_cut', partition, offset: from, detail });
  }
  for (const [partition, next] of nextOffsets) {
    const range = logRanges.get(partition) ?? { start: 0, end: 0 };
    if (next >= 0 && next < range.start) {
      const detail = `${next} to ${range.start - 1}: left the log before they were stored`;
      findings.add({ kind: 'lost_range', partition, offset: next, detail });
    } else if (next > Math.max(range.end, ends.get(partition) ?? 0)) {
      const detail = `the stored offset; the log ends at ${Math.max(range.end, ends.get(partition) ?? 0)}`;
      findings.add({ kind: 'offset_past_end', partition, offset: next, detail });
    }
  }
  const items = await stored.itemsWithoutOrder(limit);
  for (const orderUid of items.first) {
    findings.add({ kind: 'items_without_order', orderUid, detail: 'has items and no order' });
  }
  findings.addUnlisted('items_without_order', items.count - items.first.length);
  const orders = await stored.ordersWithoutItems(limit);
  for (const row of orders.first) {
    findings.add({ kind: 'order_without_items', ...row, detail: 'has no items' });
  }
  findings.addUnlisted('order_without_items', orders.count - orders.first.length);
}

export interface RemaindersToCheck {
  readonly index: EvidenceIndex;
  readonly stored: Pick<StoredState, 'earlierUntil'>;
  readonly findings: Findings;
  readonly isJudged: (partition: number) => boolean;
  /** What was judged. */
  readonly ranges: ReadonlyMap<number, LogRange>;
  /** Where the log starts by now. */
  readonly starts: ReadonlyMap<number, number>;
  /** Where it ends by now, asked for after the letters were read. */
  readonly ends: ReadonlyMap<number, number>;
  /** The log is compacted: a message that is not there may have been removed since. */
  readonly compacted: boolean;
  readonly cuts: readonly LogCut[];
}

/** Dead letters and manifest lines that could not be held against a message. */
export interface Remainders {
  readonly letters: { beforeLog: number; afterRange: number; earlierTopics: number; compacted: number };
  readonly lines: { beforeLog: number };
}

/** What remains when all messages of some partitions are judged: dead letters and manifest lines of no message. */
export async function addRemainders(check: RemaindersToCheck): Promise<Remainders> {
  return { letters: await remainingLetters(check), lines: remainingLines(check) };
}

async function remainingLetters(check: RemaindersToCheck): Promise<Remainders['letters']> {
  const { index, stored, findings, ranges, starts, ends, compacted, cuts } = check;
  const earlierUntil = await stored.earlierUntil();
  const counts = { beforeLog: 0, afterRange: 0, earlierTopics: 0, compacted: 0 };
  const wasCut = (partition: number, offset: number): boolean =>
    cuts.some((cut) => cut.partition === partition && offset >= cut.from && offset < cut.to);
  const judge = (partition: number, offset: number, at: number, reason: string, gap = false): void => {
    if (offset < (starts.get(partition) ?? 0) || wasCut(partition, offset)) counts.beforeLog += 1;
    else if (earlierUntil !== undefined && at <= earlierUntil) counts.earlierTopics += 1;
    else if (gap && compacted) counts.compacted += 1;
    else {
      const detail = `${reason}; there is no such message`;
      findings.add({ kind: 'wrongly_dead_lettered', partition, offset, detail });
    }
  };
  for (const { partition, offset, at, detail } of index.unexplained('letter')) {
    judge(partition, offset, at, detail);
  }
  for (const { partition, offset, at, detail } of index.unexplained('gap')) {
    judge(partition, offset, at, detail, true);
  }
  for (const partition of index.partitions('letters')) {
    const range = ranges.get(partition);
    if (range === undefined) {
      for (const one of index.allLetters(partition)) judge(partition, one.offset, timeOf(one), one.reason);
      continue;
    }
    const placed = index.placed('letters', partition, range.start, range.end);
    counts.beforeLog += placed.below;
    counts.afterRange += placed.past;
    if (placed.past === 0) continue;
    for (const one of index.allLetters(partition, Math.max(range.end, ends.get(partition) ?? 0))) {
      counts.afterRange -= 1;
      judge(partition, one.offset, timeOf(one), one.reason);
    }
  }
  return counts;
}

/** When the message of a letter was rejected, ms since the Unix epoch. */
function timeOf({ at, writtenAt }: Letter): number {
  return at ?? writtenAt;
}

function remainingLines({
  index,
  findings,
  isJudged,
  ranges,
  starts,
  compacted,
}: RemaindersToCheck): Remainders['lines'] {
  let beforeLog = 0;
  const missing = (partition: number, offset: number, deed: string): void => {
    if (compacted || offset < (starts.get(partition) ?? 0)) beforeLog += 1;
    else {
      const detail = `${deed} here, but there is no message`;
      findings.add({ kind: 'manifest_mismatch', partition, offset, detail });
    }
  };
  for (const { partition, offset, detail } of index.unexplained('line')) missing(partition, offset, detail);
  for (const partition of index.partitions('lines')) {
    if (!isJudged(partition)) continue;
    const range = ranges.get(partition);
    if (range !== undefined) {
      beforeLog += index.placed('lines', partition, range.start, range.end).below;
      continue;
    }
    for (const line of index.allLines(partition)) missing(partition, line.offset, deedOf(line));
  }
  return { beforeLog };
}

export interface PendingSearch {
  /** The topic as it is called in the findings. */
  readonly topic: string;
  readonly log: Pick<TopicReader, 'openTransactions'>;
  /** Up to the last stable offsets. */
  readonly ranges: ReadonlyMap<number, LogRange>;
  /** The high watermarks that count. */
  readonly ends: ReadonlyMap<number, number>;
  readonly findings: Findings;
}

/**
 * Finds what waits behind open transactions: a finding a partition, with whose transaction it is as far as the brokers
 * tell.
 * @returns offsets that wait, by partition: as many messages, or fewer
 */
export async function addPending(search: PendingSearch): Promise<ReadonlyMap<number, number>> {
  const { topic, log, ranges, ends, findings } = search;
  const waiting = new Map<number, number>();
  for (const [partition, { end }] of ranges) {
    const offsets = (ends.get(partition) ?? 0) - end;
    if (offsets > 0) waiting.set(partition, offsets);
  }
  const open = waiting.size === 0 ? [] : await log.openTransactions([...waiting.keys()]);
  for (const [partition, offsets] of waiting) {
    const whose = open.filter((one) => one.partition === partition).map(nameOf);
    findings.add({
      kind: 'pending',
      partition,
      offset: ranges.get(partition)?.end,
      detail: `${offsets} offsets of ${topic} from here on wait behind an open transaction${whose.length === 0 ? '' : `: ${whose.join('; ')}`}`,
    });
  }
  return waiting;
}

function nameOf({ transactionalId, producerId, startedAt, timeoutMs }: OpenTransaction): string {
  if (transactionalId === undefined) return `producer ${producerId}, which no coordinator names: it may hang`;
  const since = startedAt === undefined ? '' : `, open since ${rfc3339(startedAt)}`;
  const until = timeoutMs === undefined ? '' : `, aborted after ${timeoutMs / 1000} s`;
  return `${transactionalId} (producer ${producerId})${since}${until}`;
}

interface Ahead {
  messages: number;
  /** Orders stored from the very message, and the last of their offsets. */
  stored: number;
  last: number;
}

/** Messages that took effect although the group's offset has not passed them: the group will read them again. */
export class ReadAgain {
  readonly #partitions = new Map<number, Ahead>();

  /** `stored`: an order came from this very message. */
  note(partition: number, offset: number, stored: boolean): void {
    const ahead = this.#partitions.get(partition) ?? { messages: 0, stored: 0, last: 0 };
    ahead.messages += 1;
    if (stored) {
      ahead.stored += 1;
      ahead.last = Math.max(ahead.last, offset);
    }
    this.#partitions.set(partition, ahead);
  }

  /**
   * A finding a partition. Orders and offsets move in one transaction, so a stored order ahead of the offset says that
   * the offset was moved; a dead letter ahead of it may be a killed consumer's, and only waits.
   */
  report(findings: Findings, nextOffsets: ReadonlyMap<number, number>): void {
    for (const [partition, { messages, stored, last }] of this.#partitions) {
      const offset = nextOffsets.get(partition);
      if (stored === 0) {
        const detail = `${messages} messages from here on are accounted for, and the group has not passed them`;
        findings.add({ kind: 'not_yet_stored', partition, offset: offset ?? 0, detail });
        continue;
      }
      const where = offset === undefined ? 'the group has no offset' : `the group’s offset is ${offset}`;
      const detail = `${where}, and ${stored} orders up to ${last} are stored: it was moved back, or another group stored them; all is read again`;
      findings.add({ kind: 'offset_moved_back', partition, offset: offset ?? 0, detail });
    }
  }
}
