import { Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import type { VerifyProgress, VerifyReport } from '../../../contract/verification.ts';
import { compactedTopics, listTopics } from '../../../kafka/admin/topics.ts';
import { TopicReader } from '../../../kafka/read/topic-reader.ts';
import { AppError } from '../../../lib/app-error.ts';
import { Database } from '../../../storage/postgresql/database.ts';
import { withStoredSnapshot } from '../../../storage/postgresql/stored-snapshot.ts';
import { EvidenceIndex } from '../../../verify/evidence-index.ts';
import { readManifests } from '../../../verify/manifest.ts';
import { verify } from '../../../verify/verify.ts';
import { waitUntilStored } from '../../../verify/wait.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { kafkaClients } from '../environment.ts';
import { listWidth } from '../output.ts';
import { createProgress } from '../progress.ts';
import { openLeash } from '../verify-process.ts';
import { renderReport } from './verify-report.ts';

interface VerifyCommandOptions extends CommonOptions {
  readonly manifest?: readonly string[];
  readonly json?: boolean;
  /** Seconds. */
  readonly wait: number;
  readonly maxFindings: number;
}

/** Small enough for a topic of hundreds of partitions, large enough for one. */
const FETCH_BYTES_PER_PARTITION = 524_288;
const MAX_WAIT_S = 86_400;

/** `verify`: proves that every message of the topic is accounted for. */
export function verifyCommand(): Command {
  return withCommonOptions(new Command('verify'))
    .description(
      'prove that every message of the topic is stored, superseded or a dead letter, field by field; changes nothing, and starts no engine',
    )
    .option(
      '--manifest <file...>',
      'what `produce --manifest` noted: the dead letters must be exactly that; - for standard input',
    )
    .option('--wait <seconds>', 'first wait until the group has stored everything, at most this long', waitArgument, 0)
    .option('--max-findings <number>', 'most findings to list of a kind', limitArgument, 10)
    .option('--json', 'the report as JSON')
    .addHelpText(
      'after',
      `
Checks every committed message that is still in the topic against one snapshot of PostgreSQL and the dead letters: produced = stored + dead-lettered + superseded + identical duplicates (+ expired, with retention.days), partition by partition.
Messages that arrive meanwhile are left out. Exit code 0 only if everything is accounted for and nothing is pending,
not even behind another producer's open transaction.

Examples:
  test-service verify --wait 60
  test-service produce --count 100000 --faults malformed=1%,duplicate=5% --manifest faults.ndjson
  test-service verify --wait 60 --manifest faults.ndjson`,
    )
    .action(async (options: VerifyCommandOptions) => {
      // Until it is proven: an interrupted verification has proven nothing.
      process.exitCode = 1;
      const leash = openLeash();
      let report: VerifyReport | undefined;
      try {
        await withContext(options, async (context) => {
          report = await run(context, options, leash?.tell);
        });
      } finally {
        // Held on to, it would keep a process alive that has failed.
        leash?.close();
      }
      if (report === undefined) {
        process.stderr.write('stopped before everything was verified: nothing is proven\n');
        return;
      }
      if (options.json === true) printJson(report);
      else print(renderReport(report, listWidth(), process.stdout.isTTY === true ? paint : undefined));
      if (report.ok) process.exitCode = 0;
    });
}

const paint = { good: colors.green, bad: colors.red, faint: colors.dim };

async function run(
  context: CommandContext,
  options: VerifyCommandOptions,
  tell: (progress: VerifyProgress) => void = () => {},
): Promise<VerifyReport> {
  const { config, resources, signal } = context;
  const { topic, deadLetterTopic, group } = config.kafka;
  const { maxOrderBytes } = config.consumer;
  const kafka = kafkaClients(config);
  const topics = await listTopics(kafka);
  if (!topics.includes(topic)) throw new AppError('topic_missing', `topic ${topic} does not exist`);
  const log = await openReader(context, topic);
  const database = new Database({ ...config.postgresql, applicationName: 'test-service verify' });
  resources.defer('connections', 'database', () => database.close());
  const scope = { group, topic, topicId: log.topicId };
  const [visible, ends] = await Promise.all([log.ranges(), log.highWatermarks()]);
  const wanted = new Map(
    [...visible].map(([partition, range]) => [partition, { ...range, end: ends.get(partition) ?? range.end }]),
  );
  if (options.wait > 0) {
    const progress = progressOf('waiting', undefined);
    await waitUntilStored({
      ranges: wanted,
      nextOffsets: () => withStoredSnapshot(database, scope, (stored) => stored.nextOffsets()),
      timeoutMs: options.wait * 1000,
      signal,
      onLag: (offsets) => {
        progress.update(offsets, 'messages still to be stored');
        tell({ phase: 'waiting', waitingFor: offsets });
      },
    });
    progress.stop();
    if (signal.aborted) throw new AppError('aborted', 'stopped while waiting');
  }
  // A topic that is not there holds nothing.
  const deadLetters = topics.includes(deadLetterTopic) ? await openReader(context, deadLetterTopic) : undefined;
  const compacted = await compactedTopics(
    kafka,
    [topic, deadLetterTopic].filter((name) => topics.includes(name)),
  );
  const index = new EvidenceIndex();
  resources.defer('tell', 'evidence', () => index.close());
  const total = [...wanted.values()].reduce((sum, { start, end }) => sum + end - start, 0);
  const progress = progressOf('verified', total);
  const started = performance.now();
  try {
    return await withStoredSnapshot(database, scope, (stored) =>
      verify(
        {
          topic,
          deadLetterTopic,
          group,
          maxOrderBytes,
          maxFindings: options.maxFindings,
          ends,
          compacted,
          signal,
          onProgress: (done, of) => {
            const perSecond = rateOf(done, started);
            progress.update(done, `${perSecond}/s`);
            tell({ phase: 'verifying', done, total: of, perSecond });
          },
        },
        {
          log,
          deadLetters,
          stored,
          manifest: options.manifest && readManifests(options.manifest, topic),
          index,
        },
      ),
    );
  } finally {
    progress.stop();
  }
}

async function openReader({ config, resources }: CommandContext, topic: string): Promise<TopicReader> {
  const reader = await TopicReader.open(kafkaClients(config), {
    topic,
    maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
  });
  resources.defer('connections', `reader of ${topic}`, () => reader.close());
  return reader;
}

function progressOf(label: string, total: number | undefined) {
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

function waitArgument(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= MAX_WAIT_S) return seconds;
  throw new InvalidArgumentError(`seconds, 0 to ${MAX_WAIT_S}`);
}

function limitArgument(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100_000) return limit;
  throw new InvalidArgumentError('a whole number, 1 to 100000');
}
