import { Command, CommanderError } from 'commander';
import pkg from '../../../package.json' with { type: 'json' };
import { AppError, messageOf } from '../../lib/app-error.ts';
import { EXECUTABLE } from '../../lib/own-process.ts';
import { printable } from '../../lib/printable.ts';

const FAILURE = 1;
const USAGE = 2;
const VERSION = ['-V', '--version'];

/** Every command, loaded when it is needed: most of the time it takes to start one goes into loading it. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['run', async () => (await import('./commands/run.ts')).runCommand()],
  ['produce', async () => (await import('./commands/produce.ts')).produceCommand()],
  ['consume', async () => (await import('./commands/run.ts')).consumeCommand()],
  ['serve', async () => (await import('./commands/run.ts')).serveCommand()],
  ['read', async () => (await import('./commands/read.ts')).readCommand()],
  ['generate', async () => (await import('./commands/generate.ts')).generateCommand()],
  ['verify', async () => (await import('./commands/verify.ts')).verifyCommand()],
  ['dead-letters', async () => (await import('./commands/dead-letters.ts')).deadLettersCommand()],
  ['offsets', async () => (await import('./commands/offsets.ts')).offsetsCommand()],
  ['migrate', async () => (await import('./commands/migrate.ts')).migrateCommand()],
  ['engines', async () => (await import('./commands/engines.ts')).enginesCommand()],
  ['doctor', async () => (await import('./commands/doctor.ts')).doctorCommand()],
  ['health', async () => (await import('./commands/health.ts')).healthCommand()],
  ['config', async () => (await import('./commands/config.ts')).configCommand()],
]);

/** What processes run that this program starts for itself: each takes one argument at most. */
const INTERNAL = new Map<string, (input: string) => Promise<void>>([
  [
    'pause-watch',
    async (input) => (await import('../../engines/control/pause-watch.ts')).watchPause(JSON.parse(input)),
  ],
  ['web-bundle', async () => (await import('../../server/web/web-bundle.ts')).writeWebBundle()],
]);

/** The whole command line, or that of one command. */
export async function buildProgram(name = ''): Promise<Command> {
  const program = new Command('test-service')
    .description(
      'Imitates work with orders: generates them, moves them through Kafka, stores them in PostgreSQL, caches them in Redis, serves them over REST and a web console.',
    )
    .version(pkg.version, VERSION.join(', '))
    .showSuggestionAfterError()
    .showHelpAfterError('(--help lists commands and options)')
    .addHelpText(
      'after',
      `
Examples:
  test-service run                                everything, in one process
  test-service produce --count 100000 --rate 5000 a known load
  test-service generate --count 3 --seed 7        orders on standard output, no engine needed
  test-service doctor                             what works, what does not, what to do

Every setting of config.yaml is also an environment variable, TEST_SERVICE_<SECTION>_<KEY>.
Exit codes: 0 done, 1 failed, or stopped before it was done (the log says what is left), 2 wrong usage or
configuration.`,
    );
  const wanted = COMMANDS.has(name) ? [name] : VERSION.includes(name) ? [] : [...COMMANDS.keys()];
  const commands = await Promise.all(wanted.map((one) => COMMANDS.get(one)?.()));
  for (const command of commands) if (command !== undefined) program.addCommand(command);
  // It needs to know them all.
  if (wanted.length > 1) await addCompletion(program);
  for (const command of program.commands) inherit(command, program.exitOverride());
  return program;
}

/** Runs one command line. Never throws; the answer is the process's exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    const [name = '', input = ''] = args;
    const internal = INTERNAL.get(name);
    if (internal !== undefined) {
      await internal(input);
      return 0;
    }
    const program = await buildProgram(name);
    await program.parseAsync([...args], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    process.stderr.write(`error: ${printable(describe(error), true)}\n`);
    const wrongInput = error instanceof AppError && (error.code === 'config_invalid' || error.code === 'usage');
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

/** Adds `completion SHELL`, which prints a script for the shell, and the hidden command the script asks. */
async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab/commander');
  const completion = tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('print a script that makes the shell complete commands and options: bash, zsh, fish or powershell')
    .addHelpText(
      'after',
      `
Examples:
  source <(./test-service completion bash)        now; put it into ~/.bashrc for good
  source <(./test-service completion zsh)
  ./test-service completion fish | source`,
    )
    // By its full name, as it is seldom on the PATH; quoted as one word of the shell.
    .action((shell: string) =>
      completion.setup(program.name(), `'${EXECUTABLE.replaceAll("'", String.raw`'\''`)}'`, shell),
    );
}
