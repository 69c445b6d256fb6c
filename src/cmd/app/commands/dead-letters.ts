import { Command } from 'commander';
import { exportCommand } from './dead-letters-export.ts';
import { listCommand } from './dead-letters-list.ts';
import { redriveCommand } from './dead-letters-redrive.ts';
import { showCommand } from './dead-letters-show.ts';

/** `dead-letters list | show | redrive | export`: messages that are not orders. */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters')
    .description('look at messages that were rejected, and send them back to their topic')
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
  for (const one of [listCommand(), showCommand(), redriveCommand(), exportCommand()])
    command.addCommand(one);
  return command;
}
