import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { formatPosition, type Position } from '../../../contract/letter.ts';
import type { Recovered, RedriveOutcome, Selection, ValueChange } from '../../../contract/redrive.ts';
import { type Edit, parseEdit } from '../../../dead-letters/edit.ts';
import { select } from '../../../dead-letters/reading.ts';
import { Redrive } from '../../../dead-letters/redrive.ts';
import { RedriveReport } from '../../../dead-letters/redrive-report.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { withoutBom } from '../../../lib/documents.ts';
import { printable } from '../../../lib/printable.ts';
import { checkOrder } from '../../../order/check.ts';
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
  readonly patch?: string;
  readonly maxReplays: number;
  readonly topic?: string;
  readonly again?: boolean;
  readonly restored?: boolean;
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
    .option('--dry-run', 'say what would be sent and what would come back, and send nothing')
    .option('--edit <file>', 'change the value: a JSON Patch (RFC 6902), or a JSON document to replace it')
    .addOption(new Option('--patch <json>', 'change the values by this JSON Patch (RFC 6902)').conflicts('edit'))
    .option('--max-replays <n>', 'skip letters that came back this many times', integerOption(1, 1_000_000), 3)
    .option('--topic <name>', 'redrive what came from this topic (default: kafka.topic)')
    .option('--again', 'also letters that were redriven before')
    .option('--restored', 'after PostgreSQL was restored: find what was sent back since in the topic, and skip it')
    .option('--foreign', 'also messages that this service did not put there')
    .option('--json', 'one JSON document a letter, then one with the totals')
    .addHelpText(
      'after',
      `
Examples:
  test-service dead-letters redrive 3:17
  test-service dead-letters redrive 3:17 --edit order.json
  test-service dead-letters redrive --reason future_date --since 1d --dry-run
  test-service dead-letters redrive --all --patch '[{"op":"remove","path":"/coupon"}]' --dry-run
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
  if (options.patch !== undefined) {
    const patch = parseEdit(Buffer.from(options.patch));
    if (!patch.replaces) return patch;
    throw new AppError('usage', 'a patch is a list of operations: [{"op": "remove", "path": "/coupon"}]');
  }
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
    check: (value) => checkOrder(value, { maxBytes: context.config.consumer.maxOrderBytes, now: Date.now }),
    restored: options.restored === true,
  });
  context.resources.defer('work', 'redrive', () => run.close());
  const report = new Report(options.json === true, selection, options.dryRun === true);
  const progress = trackProgress(context, 'redriving', selection, ranges);
  let passed = 0;
  for await (const selected of select(letters, selection, ranges)) {
    if (context.signal.aborted) break;
    report.add(await run.run(selected.letters), selected.missing);
    passed += selected.passed;
    progress.update(passed, `${report.sent} sent`);
  }
  progress.stop();
  report.print(recovered, context.signal.aborted);
  if (report.trouble || context.signal.aborted) process.exitCode = 1;
}

class Report {
  readonly #json: boolean;
  readonly #dryRun: boolean;
  readonly #all: RedriveReport;
  #missing = 0;
  trouble = false;

  constructor(json: boolean, selection: Selection, dryRun: boolean) {
    this.#json = json;
    this.#dryRun = dryRun;
    this.#all = new RedriveReport({ selection, dryRun }, false);
  }

  get sent(): number {
    return this.#all.counts['sent'] ?? 0;
  }

  add(outcomes: readonly RedriveOutcome[], missing: readonly string[]): void {
    this.#all.add(outcomes, []);
    this.#missing += missing.length;
    for (const one of outcomes) this.#note({ ...one, position: formatPosition(one.position) });
    for (const position of missing) this.#note({ position, outcome: 'missing', detail: 'there is no dead letter' });
  }

  print(recovered: Recovered, stopped: boolean): void {
    const { counts: found, wouldComeBack, samples } = this.#all.answer(recovered);
    const counts = this.#missing > 0 ? { ...found, missing: this.#missing } : found;
    if (this.#json) {
      const dry = this.#dryRun && { would_come_back: wouldComeBack };
      printJson({ dry_run: this.#dryRun, stopped, counts, ...dry, recovered });
      return;
    }
    const interrupted = Object.entries(recovered).filter(([, count]) => count > 0);
    if (interrupted.length > 0) {
      print(`completed an interrupted redrive: ${interrupted.map(([fate, count]) => `${count} ${fate}`).join(', ')}`);
    }
    for (const { position, changes = [] } of samples)
      for (const one of changes) print(`${formatPosition(position)} ${printable(changeText(one))}`);
    const parts = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
    print(parts.length === 0 ? 'no dead letter matches' : parts.join(', '));
    const back = Object.entries(wouldComeBack).map(([reason, count]) => `${count} ${reason}`);
    if (back.length > 0) print(`would come back: ${back.join(', ')}`);
    if (stopped) print('stopped before the end: run the same command again to continue');
  }

  #note({ position, outcome, detail, check, changes }: Noted): void {
    const troubling = TROUBLE.has(outcome) || outcome === 'missing';
    if (troubling) this.trouble = true;
    if (this.#json) printJson({ position, outcome, detail, ...(check && { check }), ...(changes && { changes }) });
    else if (troubling) process.stderr.write(`${position} ${outcome}: ${printable(detail)}\n`);
  }
}

type Noted = Pick<RedriveOutcome, 'detail' | 'check' | 'changes'> & {
  readonly position: string;
  readonly outcome: RedriveOutcome['outcome'] | 'missing';
};

function changeText({ pointer, from, to }: ValueChange): string {
  return `${pointer}: ${from ?? 'nothing'} → ${to ?? 'nothing'}`;
}
