import type { ShareReport, VerifyReport } from '../contract/verification.ts';
import type { LogRange } from '../kafka/read/order-log.ts';
import { AppError } from '../lib/app-error.ts';
import { rfc3339 } from '../lib/rfc3339.ts';
import type { StoredState } from '../storage/postgresql/stored-snapshot.ts';
import type { Candidate } from './candidate.ts';
import { ahead, collectEvidence, type RecordSource } from './collect-evidence.ts';
import { conclude } from './conclude.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import { Findings } from './findings.ts';
import type { ManifestLine } from './manifest.ts';
import { ManifestCheck } from './manifest-check.ts';
import { findPhantoms } from './phantoms.ts';
import { RecordJudge } from './record-judge.ts';
import { addPending, addRemainders, addStateFindings } from './state-findings.ts';
import { Tally } from './tally.ts';

export interface VerifyOptions {
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly group: string;
  readonly maxOrderBytes: number;
  /** Most findings of a kind that are listed. */
  readonly maxFindings: number;
  /** What was to be stored at least: the high watermarks when the verification was asked for. */
  readonly ends: ReadonlyMap<number, number>;
  /** The partitions that are judged; all by default. */
  readonly share?: ReadonlySet<number> | undefined;
  /** Which of the two topics are compacted. */
  readonly compacted: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Offsets judged so far, and of how many. */
  readonly onProgress: (done: number, total: number) => void;
  readonly now?: () => number;
}

export interface VerifySources {
  readonly log: RecordSource;
  /** Undefined when the topic does not exist. */
  readonly deadLetters: RecordSource | undefined;
  readonly stored: StoredState;
  /** Pages of what was injected; undefined without a manifest. */
  readonly manifest: AsyncIterable<readonly ManifestLine[]> | undefined;
  /** Empty. */
  readonly index: EvidenceIndex;
}

/** What the service writes and nothing can be held against, or only roughly. Everything else is checked. */
export const UNCHECKED = [
  'orders.stored_at: only that it lies between the time of its message (less 2 h) and the last move of its partition (and 1 min)',
  'dl-at: only to within 2 h of the time of the letter, and of its message',
  'dl-detail of database_rejected: what the database said',
  'consumer_offsets beside its next_offset, and lost_ranges beside what they say',
  'pending_invalidations, dead_letter_redrives and their batches, and what is cached',
  'orders of other topics that some group has stored: verify them by that topic',
] as const;

/** Orders in one question to the database, and their bytes as messages. */
const CHUNK_ORDERS = 2_000;
const CHUNK_BYTES = 8 * 1024 * 1024;

/**
 * Accounts for every committed message the log still has, against the database as it is at this moment and the dead
 * letters. Memory does not grow with the number of messages. Changes nothing anywhere.
 * @throws AppError `aborted` when the signal aborts, `usage` for an invalid manifest, and what the sources throw.
 */
export async function verify(options: VerifyOptions, sources: VerifySources): Promise<VerifyReport> {
  return conclude([await verifyShare(options, sources)], sources.index.orders);
}

/** The same for some of the partitions; what is to be said of orders in several of them is in the index afterwards. */
export async function verifyShare(options: VerifyOptions, sources: VerifySources): Promise<ShareReport> {
  const started = performance.now();
  const { topic, group, deadLetterTopic, maxFindings, maxOrderBytes, now = Date.now } = options;
  const { log, stored, index } = sources;
  const nextOffsets = await stored.nextOffsets();
  const cuts = await stored.logCuts();
  // Asked for after the database: nothing it holds lies behind these ends.
  const allRanges = await log.ranges();
  const { isJudged, leads } = shareOf(options);
  const logRanges = new Map([...allRanges].filter(([partition]) => isJudged(partition)));
  const ranges = rangesToJudge(logRanges, nextOffsets, options.ends);
  const findings = new Findings(maxFindings);
  const tally = new Tally(ranges);
  const waiting = await addPending({ topic, log, ranges: logRanges, ends: options.ends, findings });
  for (const [partition, offsets] of waiting) tally.addPending(partition, offsets);
  const compacted = options.compacted.has(topic);
  const lettersCompacted = options.compacted.has(deadLetterTopic);
  const earlierUntil = await stored.earlierUntil();
  const expiredUntil = await stored.expiredUntil();
  const movedAt = await stored.movedAt();
  const evidence = await collectEvidence(
    { topic, deadLetterTopic, lettersCompacted, earlierUntil, findings, isJudged, leads },
    sources,
  );
  // Asked for after the letters: none of a message that is there lies behind these ends.
  const endsAfter = await log.highWatermarks();
  const manifest = sources.manifest === undefined ? undefined : new ManifestCheck(index, findings);
  const judge = new RecordJudge({
    topic,
    maxOrderBytes,
    now,
    nextOffsets,
    movedAt,
    expiredUntil,
    stored,
    index,
    tally,
    findings,
    manifest,
    unseen: evidence.unseen,
  });
  await judgeAll(judge, ranges, sources, options);
  const starts = new Map([...(await log.ranges())].map(([partition, { start }]) => [partition, start]));
  const ends = new Map([...allRanges].map(([partition, { end }]) => [partition, end]));
  const state = { stored, findings, nextOffsets, cuts, logRanges: allRanges, ends: options.ends };
  if (leads) await addStateFindings(state);
  const compactedOrders = await findPhantoms({
    log,
    stored,
    tally,
    findings,
    ranges,
    starts,
    ends,
    maxOrderBytes,
    compacted,
    leads,
  });
  const remainders = await addRemainders({
    index,
    stored,
    findings,
    isJudged,
    ranges,
    starts,
    ends: endsAfter,
    compacted,
    cuts,
  });
  const lines = index.countLines();
  return {
    topic,
    group,
    deadLetterTopic,
    topicPartitions: [...allRanges.keys()].sort((a, b) => a - b),
    maxFindings,
    seen: {
      'the group’s offsets': JSON.stringify([...nextOffsets].sort(([a], [b]) => a - b)),
      'when they were stored': JSON.stringify([...movedAt].sort(([a], [b]) => a - b)),
      'cuts of the log': JSON.stringify(cuts),
      'the end of earlier topics': String(earlierUntil),
      'the age of deleted orders': String(expiredUntil),
      'the manifest': manifest === undefined ? '' : JSON.stringify(lines),
      'consumer.maxOrderBytes': String(maxOrderBytes),
      'which topics are compacted': [...options.compacted].sort().join(', '),
    },
    partitions: tally.partitions(),
    deadLetters: {
      read: evidence.letters,
      byReason: Object.fromEntries([...judge.reasons].sort(([a], [b]) => a.localeCompare(b))),
      repeated: judge.repeated,
      expired: judge.expired,
      ignored: { ...remainders.letters, otherTopics: evidence.otherTopics },
    },
    compactedOrders,
    unchecked: expiredUntil === undefined ? UNCHECKED : [...UNCHECKED, expiryText(expiredUntil)],
    ...(manifest && {
      manifest: {
        ...(leads ? lines : { bad: 0, good: 0 }),
        matched: manifest.matched,
        resent: manifest.resent,
        ...remainders.lines,
      },
    }),
    findings: findings.groups(),
    seconds: (performance.now() - started) / 1000,
  };
}

function expiryText(until: number): string {
  return `orders of messages up to ${rfc3339(until)} that are not stored: deleted for their age, or lost before`;
}

/** Which partitions are judged, and whether the lowest is among them. */
function shareOf({ share, ends }: VerifyOptions): { isJudged: (partition: number) => boolean; leads: boolean } {
  if (share === undefined) return { isJudged: () => true, leads: true };
  const leads = share.has(Math.min(...ends.keys()));
  // What nobody can have been given, such as a partition that was added meanwhile, falls to the one that leads.
  return { isJudged: (partition) => share.has(partition) || (leads && !ends.has(partition)), leads };
}

/** All that was to be stored and all that is: what comes in meanwhile is not waited for. */
function rangesToJudge(
  log: ReadonlyMap<number, LogRange>,
  nextOffsets: ReadonlyMap<number, number>,
  wanted: ReadonlyMap<number, number>,
): Map<number, LogRange> {
  return new Map(
    [...log].map(([partition, { start, end }]) => {
      const to = Math.max(wanted.get(partition) ?? 0, nextOffsets.get(partition) ?? 0);
      return [partition, { start, end: Math.max(start, Math.min(end, to)) }];
    }),
  );
}

async function judgeAll(
  judge: RecordJudge,
  ranges: ReadonlyMap<number, LogRange>,
  { log, stored }: VerifySources,
  { signal, onProgress }: VerifyOptions,
): Promise<void> {
  let total = 0;
  for (const [partition, { start, end }] of ranges) {
    judge.open(partition, start);
    total += end - start;
  }
  const positions = new Map([...ranges].map(([partition, { start }]) => [partition, start]));
  let done = 0;
  let chunk: Candidate[] = [];
  let bytes = 0;
  // While the database looks one chunk up, the next one is decoded.
  let settling = Promise.resolve();
  const settle = async (): Promise<void> => {
    const orders = chunk;
    chunk = [];
    bytes = 0;
    await settling;
    const answer = stored.compare(orders);
    settling = answer.then(async (matches) => {
      for (const [at, one] of orders.entries()) {
        const settled = judge.settle(one, matches[at]);
        if (settled !== undefined) await settled;
      }
    });
    settling.catch(() => {});
  };
  for await (const { partition, records, nextOffset } of ahead(log.read(ranges))) {
    if (signal.aborted) throw new AppError('aborted', 'stopped before everything was verified');
    for (const record of records) {
      const candidate = judge.inspect(partition, record);
      if (candidate === undefined) continue;
      chunk.push(candidate);
      bytes += record.size;
      if (chunk.length >= CHUNK_ORDERS || bytes >= CHUNK_BYTES) await settle();
    }
    done += nextOffset - (positions.get(partition) ?? 0);
    positions.set(partition, nextOffset);
    onProgress(done, total);
  }
  if (chunk.length > 0) await settle();
  await settling;
  for (const [partition, { end }] of ranges) judge.finish(partition, end);
  judge.report();
}
