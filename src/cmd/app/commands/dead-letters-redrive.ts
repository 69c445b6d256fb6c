import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { formatPosition, type Position } from '../../../contract/letter.ts';
import type { Recovered, RedriveOutcome, Selection } from '../../../contract/redrive.ts';
import { type Edit, parseEdit } from '../../../dead-letters/edit.ts';
import { select } from '../../../dead-letters/reading.ts';
import { Redrive } from '../../../dead-letters/redrive.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { withoutBom } from '../../../lib/documents.ts';
import { printable } from '../../../lib/printable.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { integerOption } from '../options.ts';
import {
  type FilterOptions,
  filterOfOptions,
  openDeadLetters,
  positionArguments,
  trackProgress,
  withFilterOptions,
} from './dead-letters-session.ts';

interface RedriveOptions extends CommonOptions, FilterOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly edit?: string;
  readonly maxReplays: number;
  readonly topic?: string;
  readonly again?: boolean;
  readonly foreign?: boolean;
  readonly json?: boolean;
}

/** Outcomes that leave something for people to do. */
const TROUBLE = new Set(['refused', 'not_editable']);

/** `dead-letters redrive`: sends letters back to their topic. */
export function redriveCommand(): Command {
  return withCommonOptions(withFilterOptions(new Command('redrive')))
    .description('send dead letters back to the topic they came from, each of them once')
    .argument('[positions...]', 'PARTITION:OFFSET in the dead-letter topic', positionArguments)
    .option('--all', 'all of them')
    .option('--dry-run', 'say what would be sent, and send nothing')
    .option('--edit <file>', 'change the value: a JSON Patch (RFC 6902), or a JSON document to replace it')
    .option('--max-replays <n>', 'skip letters that came back this many times', integerOption(1, 1_000_000), 3)
    .option('--topic <name>', 'redrive what came from this topic (default: kafka.topic)')
    .option('--again', 'also letters that were redriven before')
    .option('--foreign', 'also messages that this service did not put there')
    .option('--json', 'one JSON document a letter, then one with the totals')
    .addHelpText(
      'after',
      `
Examples:
  test-service dead-letters redrive 3:17
  test-service dead-letters redrive 3:17 --edit order.json
  test-service dead-letters redrive --reason future_date --since 1d --dry-run
  test-service dead-letters redrive --all

Key, value bytes and headers are the original ones; dl-replays says how often the message was sent back. A message that
is still bad comes back as a new dead letter. Killed at any moment, the next redrive completes it: no letter is lost or
sent twice, for readers of committed messages (isolation.level=read_committed).`,
    )
    .action((positions: Position[], options: RedriveOptions) => {
      const selection = selectionOf(positions, options);
      return withContext(options, async (context) => {
        const edit = await readEdit(options, selection);
        await redrive(context, selection, edit, options);
      });
    });
}

function selectionOf(positions: readonly Position[], options: RedriveOptions): Selection {
  const filter = filterOfOptions(options);
  const ways = [positions.length > 0, Object.keys(filter).length > 0, options.all === true];
  if (ways.filter(Boolean).length !== 1) {
    throw new AppError(
      'usage',
      'choose letters by PARTITION:OFFSET, by a filter, or with --all: exactly one of the three',
    );
  }
  return positions.length > 0 ? { positions } : { filter };
}

async function readEdit(options: RedriveOptions, selection: Selection): Promise<Edit | undefined> {
  if (options.edit === undefined) return undefined;
  const bytes = await readFile(options.edit).catch((error: unknown) => {
    throw new AppError('usage', `can't read ${options.edit}: ${messageOf(error)}`, { cause: error });
  });
  const edit = parseEdit(withoutBom(bytes));
  if (edit.replaces && !('positions' in selection && selection.positions.length === 1)) {
    throw new AppError(
      'usage',
      'a document in place of the value is for one PARTITION:OFFSET; for several, use a patch',
    );
  }
  return edit;
}

async function redrive(
  context: CommandContext,
  selection: Selection,
  edit: Edit | undefined,
  options: RedriveOptions,
): Promise<void> {
  const { letters, clients } = await openDeadLetters(context);
  // What comes back while this runs lies behind these ends: it is not sent again by the same run.
  const ranges = await letters.ranges();
  const { redrive: run, recovered } = await Redrive.start(clients, {
    rules: {
      targetTopic: options.topic ?? context.config.kafka.topic,
      maxReplays: options.maxReplays,
      again: options.again === true,
      foreign: options.foreign === true,
      edit,
    },
    dryRun: options.dryRun === true,
  });
  context.resources.defer('work', 'redrive', () => run.close());
  const report = new Report(options.json === true);
  const progress = trackProgress(context, 'redriving', selection, ranges);
  let passed = 0;
  for await (const selected of select(letters, selection, ranges)) {
    if (context.signal.aborted) break;
    report.add(await run.run(selected.letters), selected.missing);
    passed += selected.passed;
    progress.update(passed, `${report.count('sent')} sent`);
  }
  progress.stop();
  report.print(recovered, options.dryRun === true, context.signal.aborted);
  if (report.trouble || context.signal.aborted) process.exitCode = 1;
}

class Report {
  readonly #json: boolean;
  readonly #counts = new Map<string, number>();
  trouble = false;

  constructor(json: boolean) {
    this.#json = json;
  }

  count(outcome: string): number {
    return this.#counts.get(outcome) ?? 0;
  }

  add(outcomes: readonly RedriveOutcome[], missing: readonly string[]): void {
    for (const { position, outcome, detail } of outcomes) this.#note(formatPosition(position), outcome, detail);
    for (const position of missing) this.#note(position, 'missing', 'there is no dead letter');
  }

  print(recovered: Recovered, dryRun: boolean, stopped: boolean): void {
    const counts = Object.fromEntries(this.#counts);
    if (this.#json) {
      printJson({ dry_run: dryRun, stopped, counts, recovered });
      return;
    }
    const interrupted = Object.entries(recovered).filter(([, count]) => count > 0);
    if (interrupted.length > 0) {
      print(`completed an interrupted redrive: ${interrupted.map(([fate, count]) => `${count} ${fate}`).join(', ')}`);
    }
    const parts = [...this.#counts].map(([outcome, count]) => `${count} ${outcome}`);
    print(parts.length === 0 ? 'no dead letter matches' : parts.join(', '));
    if (stopped) print('stopped before the end: run the same command again to continue');
  }

  #note(position: string, outcome: string, detail: string): void {
    this.#counts.set(outcome, this.count(outcome) + 1);
    const troubling = TROUBLE.has(outcome) || outcome === 'missing';
    if (troubling) this.trouble = true;
    if (this.#json) printJson({ position, outcome, detail });
    else if (troubling) process.stderr.write(`${position} ${outcome}: ${printable(detail)}\n`);
  }
}
