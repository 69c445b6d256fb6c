import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import type { ShareReport, VerifyReport } from '../../../contract/verification.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { conclude } from '../../../verify/conclude.ts';
import { EvidenceIndex } from '../../../verify/evidence-index.ts';
import { checkShares, readShare, shareText } from '../../../verify/share-file.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { integerOption } from '../options.ts';
import { listWidth } from '../output.ts';
import { type VerificationRequest, verifyPartitions, verifyTopic } from '../verification.ts';
import { openLeash, type ShareJob } from '../verify-process.ts';
import { renderReport } from './verify-report.ts';

interface VerifyCommandOptions extends CommonOptions {
  readonly manifest?: readonly string[];
  readonly json?: boolean;
  /** Seconds. */
  readonly wait: number;
  readonly maxFindings: number;
  readonly processes?: number;
  readonly partitions?: readonly number[];
  readonly merge?: readonly string[];
  readonly share?: boolean;
}

const MAX_WAIT_S = 86_400;
const MAX_PROCESSES = 64;

/** `verify`: proves that every message of the topic is accounted for. */
export function verifyCommand(): Command {
  return (
    withCommonOptions(new Command('verify'))
      .description(
        'prove that every message of the topic is stored, superseded or a dead letter, field by field; changes nothing, and starts no engine',
      )
      .option(
        '--manifest <file...>',
        'what `produce --manifest` noted: the dead letters must be exactly that; - for standard input',
      )
      .option(
        '--wait <seconds>',
        'first wait until the group has stored everything, at most this long',
        waitArgument,
        0,
      )
      .option('--max-findings <number>', 'most findings to list of a kind', limitArgument, 10)
      .option('--json', 'the report as JSON')
      .option(
        '--processes <number>',
        'most processes that read side by side, each its own partitions (default: one a CPU, fewer for few messages)',
        integerOption(1, MAX_PROCESSES),
      )
      .addOption(
        new Option('--partitions <list>', 'only these, such as 0-3,7; writes a share for --merge to standard output')
          .argParser(partitionsArgument)
          .conflicts(['processes', 'json', 'merge']),
      )
      .addOption(
        new Option('--merge <file...>', 'the verdict on the whole topic by the shares of all partitions').conflicts([
          'processes',
          'manifest',
        ]),
      )
      // For the processes of --processes: their job is on standard input.
      .addOption(new Option('--share').hideHelp())
      .addHelpText(
        'after',
        `
Checks every committed message that is still in the topic against one snapshot of PostgreSQL and the dead letters: produced = stored + dead-lettered + superseded + identical duplicates (+ expired, with retention.days), partition by partition.
Messages that arrive meanwhile are left out. Exit code 0 only if everything is accounted for and nothing is pending,
not even behind another producer's open transaction.

Examples:
  test-service verify --wait 60
  test-service produce --count 100000 --faults malformed=1%,duplicate=5% --manifest faults.ndjson
  test-service verify --wait 60 --manifest faults.ndjson

On several machines, while nothing is being stored:
  test-service verify --partitions 0-2 > a.ndjson
  test-service verify --partitions 3-5 > b.ndjson
  test-service verify --merge a.ndjson b.ndjson`,
      )
      .action(async (options: VerifyCommandOptions) => {
        // Until it is proven: an interrupted verification has proven nothing.
        process.exitCode = 1;
        const leash = openLeash();
        let report: VerifyReport | undefined;
        try {
          if (options.merge !== undefined) report = await merged(options.merge);
          else {
            await withContext(options, async (context) => {
              report = await run(context, { ...options, tell: leash?.tell ?? (() => {}) });
            });
          }
        } finally {
          // Held on to, it would keep a process alive that has failed.
          leash?.close();
        }
        if (report === undefined) {
          process.stderr.write('stopped before everything was verified: nothing is proven\n');
          return;
        }
        if (options.json === true) printJson(report);
        else if (options.partitions === undefined && options.share !== true)
          print(renderReport(report, listWidth(), process.stdout.isTTY === true ? paint : undefined));
        if (report.ok) process.exitCode = 0;
      })
  );
}

const paint = { good: colors.green, bad: colors.red, faint: colors.dim };

/** The report on what this process is to verify: a share of the topic is written, too. */
async function run(
  context: CommandContext,
  options: VerifyCommandOptions & VerificationRequest,
): Promise<VerifyReport> {
  const { partitions } = options;
  const what = options.share === true ? await jobOf(process.stdin) : partitions && { partitions };
  if (what === undefined) return verifyTopic(context, options);
  const { share, index } = await verifyPartitions(context, what, options);
  for (const piece of shareText(share, index.orders)) {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  }
  const report = conclude([share], index.orders);
  if (partitions !== undefined) {
    const found = report.findings.map(({ kind, count }) => `${count} ${kind}`).join(', ') || 'nothing wrong so far';
    process.stderr.write(`${report.total.produced} messages: ${found}; verify --merge has the verdict\n`);
  }
  return report;
}

async function jobOf(input: Readable): Promise<ShareJob> {
  return JSON.parse(await text(input));
}

async function merged(files: readonly string[]): Promise<VerifyReport> {
  const index = new EvidenceIndex();
  try {
    const shares: ShareReport[] = [];
    for (const file of files) {
      const share = await readShare(createReadStream(file), index.orders).catch((error: unknown) => {
        throw new AppError('usage', `--merge ${file}: ${messageOf(error)}`, { cause: error });
      });
      if (share === undefined)
        throw new AppError('usage', `--merge ${file}: it is cut off; verify its partitions again`);
      shares.push(share);
    }
    checkShares(shares, files);
    return conclude(shares, index.orders);
  } finally {
    index.close();
  }
}

/** `0-3,7`. */
function partitionsArgument(list: string): readonly number[] {
  const partitions = new Set<number>();
  for (const part of list.split(',')) {
    const [, first, last = first] = /^\s*(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(part) ?? [];
    if (first === undefined || Number(last) < Number(first))
      throw new InvalidArgumentError('partitions and ranges of them, such as 0-3,7');
    for (let at = Number(first); at <= Number(last); at++) partitions.add(at);
  }
  return [...partitions].sort((a, b) => a - b);
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
