import { Command } from 'commander';
import { formatPosition, type Position } from '../../../dead-letters/letter.ts';
import { letterJson } from '../../../dead-letters/letter-json.ts';
import { readLetter } from '../../../dead-letters/scan.ts';
import { AppError } from '../../../lib/app-error.ts';
import {
  type CommandContext,
  type CommonOptions,
  print,
  printJson,
  withCommonOptions,
  withContext,
} from '../context.ts';
import { positionArgument } from '../dead-letter-options.ts';
import { openDeadLetters } from '../dead-letter-session.ts';
import { letterText } from './dead-letters-text.ts';

interface ShowOptions extends CommonOptions {
  readonly raw?: boolean;
  readonly json?: boolean;
}

/** `dead-letters show PARTITION:OFFSET`: all there is to know of one. */
export function showCommand(): Command {
  return withCommonOptions(new Command('show'))
    .description('show one dead letter: why, where from, its headers, its value')
    .argument('<position>', 'PARTITION:OFFSET in the dead-letter topic', positionArgument)
    .option('--raw', 'only the value, its bytes as they are')
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
  if (options.json === true) printJson(letterJson(letter, redriven));
  else print(letterText(letter, redriven));
}
