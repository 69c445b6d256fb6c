import { fileURLToPath } from 'node:url';
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

const EXECUTABLE = fileURLToPath(new URL('../../../test-service', import.meta.url));

/** Adds `completion SHELL`, which prints a script for the shell, and the hidden command the script asks. */
export function addCompletion(program: Command): void {
  const completion = tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description(
      'print a script that makes the shell complete commands and options: bash, zsh, fish or powershell',
    )
    .addHelpText(
      'after',
      `
Examples:
  source <(./test-service completion bash)        now; put it into ~/.bashrc for good
  source <(./test-service completion zsh)
  ./test-service completion fish | source`,
    )
    // By its path, as it is seldom on the path of commands; as one word of the shell.
    .action((shell: string) =>
      completion.setup(program.name(), `'${EXECUTABLE.replaceAll("'", String.raw`'\''`)}'`, shell),
    );
}
