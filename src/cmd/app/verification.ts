import { availableParallelism } from 'node:os';
import type { ShareReport, VerifyProgress, VerifyReport } from '../../contract/verification.ts';
import { compactedTopics, listTopics } from '../../kafka/admin/topics.ts';
import type { LogRange } from '../../kafka/read/order-log.ts';
import { TopicReader } from '../../kafka/read/topic-reader.ts';
import { AppError } from '../../lib/app-error.ts';
import { Database } from '../../storage/postgresql/database.ts';
import { withStoredSnapshot } from '../../storage/postgresql/stored-snapshot.ts';
import { conclude } from '../../verify/conclude.ts';
import { EvidenceIndex } from '../../verify/evidence-index.ts';
import { readManifests } from '../../verify/manifest.ts';
import { splitPartitions } from '../../verify/split-partitions.ts';
import { verifyShare } from '../../verify/verify.ts';
import { waitUntilStored } from '../../verify/wait.ts';
import type { CommandContext } from './context.ts';
import { kafkaClients } from './environment.ts';
import { createProgress } from './progress.ts';
import { type ShareJob, verifyShareInProcess } from './verify-process.ts';

export interface VerificationRequest {
  readonly manifest?: readonly string[];
  /** Seconds. */
  readonly wait: number;
  readonly maxFindings: number;
  /** Most processes; by default as many as there are CPUs. */
  readonly processes?: number;
  /** Told how far it is. */
  readonly tell: (progress: VerifyProgress) => void;
}

/** Small enough for a topic of hundreds of partitions, large enough for one. */
const FETCH_BYTES_PER_PARTITION = 524_288;
/** A process that has less to do takes longer to start than it helps. */
const LEAST_OFFSETS_PER_PROCESS = 25_000;

/** Verifies the whole topic, by several processes where there are CPUs and messages for them. */
export async function verifyTopic(context: CommandContext, request: VerificationRequest): Promise<VerifyReport> {
  const place = await openPlace(context);
  const wanted = await wantedRanges(place.log);
  await waitFor(wanted, place, context, request);
  const started = performance.now();
  const { processes = availableParallelism(), manifest } = request;
  // Standard input can be read only once.
  const most = manifest?.includes('-') === true ? 1 : processes;
  const shares = splitPartitions(wanted, most, request.processes === undefined ? LEAST_OFFSETS_PER_PROCESS : 1);
  if (shares.length === 1) {
    const { share, index } = await judge(context, place, wanted, request);
    return conclude([share], index.orders);
  }
  const index = openIndex(context);
  const ends = endsOf(wanted);
  const progress = progressOf(wanted, request);
  const done = new Map<readonly number[], VerifyProgress>();
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const args = ['--max-findings', String(request.maxFindings)];
  if (manifest !== undefined) args.push('--manifest', ...manifest);
  try {
    const reports = await withStoredSnapshot(place.database, place.scope, async (_stored, shared) => {
      const snapshot = await shared();
      const running = shares.map((partitions) => {
        const onProgress = (one: VerifyProgress): void => {
          done.set(partitions, one);
          progress.update([...done.values()].reduce((sum, each) => sum + ('done' in each ? each.done : 0), 0));
        };
        const job = { snapshot, partitions, ends: [...ends] };
        return verifyShareInProcess(context.config, job, { args, onProgress, signal }, index.orders);
      });
      try {
        return await Promise.all(running);
      } catch (error) {
        // The first one that fails is why; the others are of no more use.
        stop.abort();
        await Promise.allSettled(running);
        throw error;
      }
    });
    const seconds = (performance.now() - started) / 1000;
    return conclude(
      reports.map((report) => ({ ...report, seconds })),
      index.orders,
    );
  } finally {
    progress.stop();
  }
}

/** Verifies some partitions, for others to make a whole of it: those of a job at its snapshot, others as of now. */
export async function verifyPartitions(
  context: CommandContext,
  what: { readonly partitions: readonly number[] } | ShareJob,
  request: VerificationRequest,
): Promise<{ share: ShareReport; index: EvidenceIndex }> {
  const place = await openPlace(context);
  const wanted = await wantedRanges(place.log);
  if ('snapshot' in what) {
    const ends = new Map(what.ends);
    const known = new Map([...wanted].filter(([partition]) => ends.has(partition)));
    const ranges = new Map([...known].map(([at, range]) => [at, { ...range, end: ends.get(at) ?? range.end }]));
    return judge(context, place, ranges, request, what);
  }
  const unknown = what.partitions.filter((partition) => !wanted.has(partition));
  if (unknown.length > 0) {
    const last = Math.max(...wanted.keys());
    throw new AppError('usage', `--partitions: ${place.scope.topic} has no partition ${unknown}, only 0 to ${last}`);
  }
  await waitFor(wanted, place, context, request);
  return judge(context, place, wanted, request, what);
}

type Place = Awaited<ReturnType<typeof openPlace>>;

async function openPlace(context: CommandContext) {
  const { config, resources } = context;
  const { topic, group } = config.kafka;
  if (!(await listTopics(kafkaClients(config))).includes(topic))
    throw new AppError('topic_missing', `topic ${topic} does not exist`);
  const log = await openReader(context, topic);
  const database = new Database({ ...config.postgresql, applicationName: 'test-service verify' });
  resources.defer('connections', 'database', () => database.close());
  return { log, database, scope: { group, topic, topicId: log.topicId } };
}

/** What the log has now, open transactions included. */
async function wantedRanges(log: TopicReader): Promise<Map<number, LogRange>> {
  const [visible, ends] = await Promise.all([log.ranges(), log.highWatermarks()]);
  return new Map(
    [...visible].map(([partition, range]) => [partition, { ...range, end: ends.get(partition) ?? range.end }]),
  );
}

async function waitFor(
  ranges: ReadonlyMap<number, LogRange>,
  { database, scope }: Place,
  { signal }: CommandContext,
  { wait, tell }: VerificationRequest,
): Promise<void> {
  if (wait === 0) return;
  const progress = progressLine('waiting', undefined);
  await waitUntilStored({
    ranges,
    nextOffsets: () => withStoredSnapshot(database, scope, (stored) => stored.nextOffsets()),
    timeoutMs: wait * 1000,
    signal,
    onLag: (offsets) => {
      progress.update(offsets, 'messages still to be stored');
      tell({ phase: 'waiting', waitingFor: offsets });
    },
  });
  progress.stop();
  if (signal.aborted) throw new AppError('aborted', 'stopped while waiting');
}

async function judge(
  context: CommandContext,
  { log, database, scope }: Place,
  wanted: ReadonlyMap<number, LogRange>,
  request: VerificationRequest,
  what?: { readonly partitions: readonly number[]; readonly snapshot?: string },
): Promise<{ share: ShareReport; index: EvidenceIndex }> {
  const { config, signal } = context;
  const { topic, deadLetterTopic, group } = config.kafka;
  // Only now: the first dead letter may have come while it was waited. A topic that is not there holds nothing.
  const topics = await listTopics(kafkaClients(config));
  const deadLetters = topics.includes(deadLetterTopic) ? await openReader(context, deadLetterTopic) : undefined;
  const compacted = await compactedTopics(
    kafkaClients(config),
    [topic, deadLetterTopic].filter((name) => topics.includes(name)),
  );
  const index = openIndex(context);
  const share = what && new Set(what.partitions);
  const progress = progressOf(new Map([...wanted].filter(([at]) => share?.has(at) ?? true)), request);
  const options = {
    topic,
    deadLetterTopic,
    group,
    maxOrderBytes: config.consumer.maxOrderBytes,
    maxFindings: request.maxFindings,
    ends: endsOf(wanted),
    share,
    compacted,
    signal,
    onProgress: progress.update,
  };
  const manifest = request.manifest && readManifests(request.manifest, topic);
  try {
    const report = await withStoredSnapshot(
      database,
      scope,
      (stored) => verifyShare(options, { log, deadLetters, stored, manifest, index }),
      what?.snapshot,
    );
    const seen = { ...report.seen, 'the topic’s identity': scope.topicId };
    return { share: { ...report, seen }, index };
  } finally {
    progress.stop();
  }
}

function endsOf(ranges: ReadonlyMap<number, LogRange>): Map<number, number> {
  return new Map([...ranges].map(([partition, { end }]) => [partition, end]));
}

function openIndex({ resources }: CommandContext): EvidenceIndex {
  const index = new EvidenceIndex();
  resources.defer('tell', 'evidence', () => index.close());
  return index;
}

async function openReader({ config, resources }: CommandContext, topic: string): Promise<TopicReader> {
  const reader = await TopicReader.open(kafkaClients(config), {
    topic,
    maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
  });
  resources.defer('connections', `reader of ${topic}`, () => reader.close());
  return reader;
}

/** Shows how many offsets are judged, and tells it. */
function progressOf(ranges: ReadonlyMap<number, LogRange>, { tell }: VerificationRequest) {
  const total = [...ranges.values()].reduce((sum, { start, end }) => sum + end - start, 0);
  const line = progressLine('verified', total);
  const started = performance.now();
  return {
    update: (done: number): void => {
      const perSecond = rateOf(done, started);
      line.update(done, `${perSecond}/s`);
      tell({ phase: 'verifying', done, total, perSecond });
    },
    stop: () => line.stop(),
  };
}

function progressLine(label: string, total: number | undefined) {
  return createProgress({
    label,
    total,
    terminal: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(`${line}\n`),
  });
}

function rateOf(done: number, started: number): number {
  const seconds = Math.max(0.001, (performance.now() - started) / 1000);
  return Math.round(done / seconds);
}
