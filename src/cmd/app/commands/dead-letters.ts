import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Command } from 'commander';
import { formatPosition, type Position } from '../../../contract/letter.ts';
import { LetterDigest, readLetter, select } from '../../../dead-letters/reading.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { letterJson, summaryJson } from '../../../server/api/dead-letters/letter-json.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { integerOption } from '../options.ts';
import { redriveCommand } from './dead-letters-redrive.ts';
import {
  type FilterOptions,
  filterOfOptions,
  openDeadLetters,
  positionArgument,
  trackProgress,
  withFilterOptions,
} from './dead-letters-session.ts';
import { letterTable, letterText } from './dead-letters-text.ts';

interface ListOptions extends CommonOptions, FilterOptions {
  readonly limit: number;
  readonly pending?: boolean;
  readonly json?: boolean;
}

/** Where no terminal is, what greps is given whole lines. */
const UNCUT = 100_000;

interface ShowOptions extends CommonOptions {
  readonly raw?: boolean;
  readonly json?: boolean;
}

interface ExportOptions extends CommonOptions, FilterOptions {}

/** `dead-letters list | show | redrive | export`: rejected messages. */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters')
    .description('inspect rejected messages, and send them back to their topic')
    .addHelpText(
      'after',
      `
Examples:
  test-service dead-letters list --since 1h
  test-service dead-letters show 3:17
  test-service dead-letters redrive 3:17 --edit patch.json
  test-service dead-letters redrive --reason future_date --dry-run
  test-service dead-letters export letters.ndjson

A dead letter stays in its topic for good; what was redriven is remembered in PostgreSQL.`,
    );
  for (const one of [listCommand(), showCommand(), redriveCommand(), exportCommand()]) command.addCommand(one);
  return command;
}

/** `dead-letters list`: the newest ones, and how many there are by reason. */
function listCommand(): Command {
  return withCommonOptions(withFilterOptions(new Command('list')))
    .description('show the newest dead letters, and how many there are by reason')
    .option('-n, --limit <n>', 'show at most this many; all are counted', integerOption(0, 100_000), 50)
    .option('--pending', 'only those that were not redriven')
    .option('--json', 'one JSON document a letter, newest first, without the counts')
    .addHelpText(
      'after',
      `
Examples:
  test-service dead-letters list --reason not_json --reason schema --since 2h
  test-service dead-letters list --pending --limit 5
  test-service dead-letters list --json | jq -r .position

A message of the topic that this service did not put there is listed with the reason unknown.`,
    )
    .action((options: ListOptions) => withContext(options, (context) => list(context, options)));
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const { letters, clients } = await openDeadLetters(context);
  const selection = { filter: filterOfOptions(options) };
  const ranges = await letters.ranges();
  const progress = trackProgress(context, 'reading', selection, ranges);
  const digest = new LetterDigest(options.limit);
  let passed = 0;
  for await (const selected of select(letters, selection, ranges)) {
    if (context.signal.aborted) return;
    const known = await clients.journal.find(selected.letters.map(({ id }) => id));
    for (const letter of selected.letters) {
      const redriven = known.get(letter.id);
      if (options.pending !== true || redriven === undefined) digest.add(letter, redriven);
    }
    passed += selected.passed;
    progress.update(passed, `${digest.total} found`);
  }
  progress.stop();
  const newest = digest.newest();
  if (options.json === true) {
    for (const one of newest) printJson(summaryJson(one));
    return;
  }
  if (newest.length > 0) print(`${letterTable(newest, process.stdout.columns ?? UNCUT)}\n`);
  print(totals(digest, newest.length));
}

function totals(digest: LetterDigest, shown: number): string {
  if (digest.total === 0) return 'no dead letters';
  const counts = digest.counts().map(([reason, count]) => `  ${reason.padEnd(18)}${count}`);
  const partly = shown < digest.total ? `, the newest ${shown} shown` : '';
  return `${digest.total} dead letters, ${digest.redriven} of them redriven${partly}\n${counts.join('\n')}`;
}

/** `dead-letters show PARTITION:OFFSET`: all there is to know of one. */
function showCommand(): Command {
  return withCommonOptions(new Command('show'))
    .description('show one dead letter: its reason, origin, headers and value')
    .argument('<position>', 'PARTITION:OFFSET in the dead-letter topic', positionArgument)
    .option('--raw', 'only the value, byte for byte')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examples:
  test-service dead-letters show 3:17
  test-service dead-letters show 3:17 --raw > message.json`,
    )
    .action((position: Position, options: ShowOptions) =>
      withContext(options, (context) => show(context, position, options)),
    );
}

async function show(context: CommandContext, position: Position, options: ShowOptions): Promise<void> {
  const { letters, clients } = await openDeadLetters(context);
  const letter = await readLetter(letters, await letters.ranges(), position);
  if (letter === undefined) {
    throw new AppError('not_found', `there is no dead letter at ${formatPosition(position)}`);
  }
  if (options.raw === true) {
    process.stdout.write(letter.value ?? Buffer.alloc(0));
    return;
  }
  const redriven = (await clients.journal.find([letter.id])).get(letter.id);
  if (options.json === true) printJson(letterJson({ letter, redriven }));
  else print(letterText(letter, redriven));
}

/** `dead-letters export FILE`: all of them, or those of a filter, as NDJSON. */
function exportCommand(): Command {
  return withCommonOptions(withFilterOptions(new Command('export')))
    .description('write dead letters to a file, one JSON document per line; - for standard output')
    .argument('<file>', 'file to write; an existing one is replaced')
    .addHelpText(
      'after',
      `
Examples:
  test-service dead-letters export letters.ndjson
  test-service dead-letters export - --reason not_json | jq .detail

\`value\` has a value that is JSON. \`value_base64\` has the bytes where \`value\` would not give them back exactly. Letters come in the order of their partitions.`,
    )
    .action((file: string, options: ExportOptions) =>
      withContext(options, (context) => exportLetters(context, file, options)),
    );
}

async function exportLetters(context: CommandContext, file: string, options: ExportOptions): Promise<void> {
  const { letters, clients } = await openDeadLetters(context);
  const output = file === '-' ? process.stdout : createWriteStream(file);
  const ready = output === process.stdout ? undefined : once(output, 'open');
  await ready?.catch((error: unknown) => {
    throw new AppError('usage', `can't write ${file}: ${messageOf(error)}`, { cause: error });
  });
  const selection = { filter: filterOfOptions(options) };
  const ranges = await letters.ranges();
  const progress = trackProgress(context, 'exporting', selection, ranges);
  let [passed, written] = [0, 0];
  for await (const selected of select(letters, selection, ranges)) {
    if (context.signal.aborted) throw new AppError('aborted', 'stopped');
    const known = await clients.journal.find(selected.letters.map(({ id }) => id));
    for (const letter of selected.letters) {
      await write(output, `${JSON.stringify(letterJson({ letter, redriven: known.get(letter.id) }))}\n`);
      written += 1;
    }
    passed += selected.passed;
    progress.update(passed, `${written} written`);
  }
  progress.stop();
  if (output !== process.stdout) {
    output.end();
    await finished(output);
  }
  process.stderr.write(`${written} dead letters written\n`);
}

async function write(output: Writable, line: string): Promise<void> {
  if (!output.write(line)) await once(output, 'drain');
}
