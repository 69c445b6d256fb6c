import { Command, CommanderError } from 'commander';
import pkg from '../../../package.json' with { type: 'json' };
import { AppError, messageOf } from '../../lib/app-error.ts';
import { configCommand } from './commands/config.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { doctorCommand } from './commands/doctor.ts';
import { enginesCommand } from './commands/engines.ts';
import { generateCommand } from './commands/generate.ts';
import { migrateCommand } from './commands/migrate.ts';
import { produceCommand } from './commands/produce.ts';
import { consumeCommand, runCommand, serveCommand } from './commands/run.ts';
import { verifyCommand } from './commands/verify.ts';

const FAILURE = 1;
const USAGE = 2;

/** The whole command line. */
export function buildProgram(): Command {
  const program = new Command('test-service')
    .description(
      'Imitates work with orders: generates them, moves them through Kafka, stores them in PostgreSQL, caches them in Redis, serves them over REST and a web console.',
    )
    .version(pkg.version, '-V, --version')
    .showSuggestionAfterError()
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      `
Examples:
  test-service run                                everything, in one process
  test-service produce --count 100000 --rate 5000 a known load
  test-service generate --count 3 --seed 7        orders on standard output, no engine needed
  test-service doctor                             what is well, what is not, what to do

Every setting of config.yaml is also an environment variable, TEST_SERVICE_<SECTION>_<KEY>.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.`,
    );
  const commands = [
    runCommand(),
    produceCommand(),
    consumeCommand(),
    serveCommand(),
    generateCommand(),
    verifyCommand(),
    deadLettersCommand(),
    migrateCommand(),
    enginesCommand(),
    doctorCommand(),
    configCommand(),
  ];
  for (const command of commands) program.addCommand(inherit(command, program));
  return program.exitOverride();
}

/** Runs one command line. Never throws; the answer is the process's exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = buildProgram();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    process.stderr.write(`error: ${describe(error)}\n`);
    const wrongInput =
      error instanceof AppError && (error.code === 'config_invalid' || error.code === 'usage');
    return wrongInput ? USAGE : FAILURE;
  }
}

/** An AppError's message is for people; anything else is a bug, and its stack is worth having. */
function describe(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return error instanceof Error ? (error.stack ?? messageOf(error)) : messageOf(error);
}

/** Subcommands added ready-made do not take the parent's error settings over by themselves. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).exitOverride();
  for (const child of command.commands) inherit(child, command);
  return command;
}
