import { Command } from 'commander';
import { LetterDigest } from '../../../dead-letters/digest.ts';
import { select } from '../../../dead-letters/selection.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { type FilterOptions, filterOf, withFilterOptions } from '../dead-letter-options.ts';
import { openDeadLetters, trackProgress } from '../dead-letter-session.ts';
import { integerOption } from '../options.ts';
import { letterTable } from './dead-letters-text.ts';

interface ListOptions extends CommonOptions, FilterOptions {
  readonly limit: number;
  readonly pending?: boolean;
  readonly json?: boolean;
}

/** Where no terminal is, what greps is given whole lines. */
const UNCUT = 100_000;

/** `dead-letters list`: the newest ones, and how many there are by reason. */
export function listCommand(): Command {
  return withCommonOptions(withFilterOptions(new Command('list')))
    .description('show the newest dead letters, and how many there are by reason')
    .option('-n, --limit <n>', 'show so many; all are counted', integerOption(0, 100_000), 50)
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
  const selection = { filter: filterOf(options) };
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
    for (const one of newest) printJson(one);
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
