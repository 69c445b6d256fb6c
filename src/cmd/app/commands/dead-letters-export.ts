import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Command } from 'commander';
import { letterJson } from '../../../dead-letters/letter-json.ts';
import { select } from '../../../dead-letters/selection.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import { type CommandContext, type CommonOptions, withCommonOptions, withContext } from '../context.ts';
import { type FilterOptions, filterOf, withFilterOptions } from '../dead-letter-options.ts';
import { openDeadLetters, trackProgress } from '../dead-letter-session.ts';

interface ExportOptions extends CommonOptions, FilterOptions {}

/** `dead-letters export FILE`: all of them, or those of a filter, as NDJSON. */
export function exportCommand(): Command {
  return withCommonOptions(withFilterOptions(new Command('export')))
    .description('write dead letters to a file, one JSON document a line; - is standard output')
    .argument('<file>', 'file to write, replaced when it is there')
    .addHelpText(
      'after',
      `
Examples:
  test-service dead-letters export letters.ndjson
  test-service dead-letters export - --reason not_json | jq .detail

A value that is JSON stands in \`value\`. Where that would not give the same bytes again, or the value is no JSON,
\`value_base64\` has them. Letters come in the order of their partitions.`,
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
  const selection = { filter: filterOf(options) };
  const ranges = await letters.ranges();
  const progress = trackProgress(context, 'exporting', selection, ranges);
  let [passed, written] = [0, 0];
  for await (const selected of select(letters, selection, ranges)) {
    if (context.signal.aborted) throw new AppError('aborted', 'stopped');
    const known = await clients.journal.find(selected.letters.map(({ id }) => id));
    for (const letter of selected.letters) {
      await write(output, `${JSON.stringify(letterJson(letter, known.get(letter.id)))}\n`);
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
