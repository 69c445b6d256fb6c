import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { AppError } from '../../lib/app-error.ts';
import { unlessAborted } from '../../lib/deadline.ts';
import { terminalJson } from '../../lib/printable.ts';
import { createLogger, type Logger } from '../../telemetry/logger.ts';
import { type LoadOptions, loadConfig } from './config.ts';
import type { Config } from './config-schema.ts';
import { listenForStop, Resources, workTimeMs } from './shutdown.ts';
import type { Traced } from './traced.ts';

/** Time to end by itself. */
const LINGER_MS = 500;
/** Of the time to close connections: how much the last traces may take. */
const CLOSE_SHARE = 0.8;
/** Time to report after all has been given up. */
const LATE_MS = 200;

/** Options every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly logLevel?: string;
}

/** What a command works with; everything in `resources` is closed when it ends, however it ends. */
export interface CommandContext {
  readonly config: Config;
  readonly logger: Logger;
  readonly resources: Resources;
  /** Aborts when the process is asked to stop. */
  readonly signal: AbortSignal;
  /** What traces the parts of this process; undefined without tracing. */
  readonly traced: () => Promise<Traced | undefined>;
}

/** Adds `--config` and `--log-level`. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'settings file (default: config.yaml in this folder, if there is one)')
    .option('--log-level <level>', 'error | warn | info | debug | silent (default: log.level)');
}

/**
 * Loads the configuration, runs `work`, and closes what it opened: also when it fails or is asked to stop. Then all of
 * that is over within `shutdownTimeoutMs`; what had to be left undone is logged, and makes the exit code 1.
 */
export async function withContext(
  options: CommonOptions,
  work: (context: CommandContext) => Promise<void>,
): Promise<void> {
  let ignored: readonly string[] = [];
  const config = configFrom(options, (variables) => {
    ignored = variables;
  });
  let traced: Traced | undefined;
  const logger = createLogger(config.log, config.tracing.enabled ? () => traced?.ids() : undefined);
  if (ignored.length > 0) logger.debug({ variables: ignored }, 'ignored variables of kubernetes services');
  const { shutdownTimeoutMs } = config;
  const resources = new Resources(logger, shutdownTimeoutMs);
  const openTraced = async (): Promise<Traced | undefined> => {
    if (!config.tracing.enabled) return undefined;
    const opened = new (await import('./traced.ts')).Traced(config.tracing, logger);
    resources.defer('connections', 'traces', (leftMs) => opened.close(leftMs * CLOSE_SHARE));
    traced = opened;
    return opened;
  };
  const stop = listenForStop(() => logger.warn({}, 'stopped by force'));
  // Work that does not notice the stop, because an engine is silent, is abandoned.
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  stop.signal.addEventListener('abort', () => {
    timer = setTimeout(() => late.abort(), workTimeMs(shutdownTimeoutMs) + LATE_MS);
  });
  try {
    await unlessAborted(late.signal, work({ config, logger, resources, signal: stop.signal, traced: openTraced }));
  } catch (error) {
    // Stopped while it was starting: that is what was asked for.
    if (!(stop.signal.aborted && error instanceof AppError && error.code === 'aborted')) throw error;
  } finally {
    clearTimeout(timer);
    const undone = late.signal.aborted ? ['what the command was at'] : [];
    const left = [...undone, ...(await resources.close(stop.askedAt))];
    if (left.length > 0) {
      logger.warn({ left, shutdownTimeoutMs }, 'the time to stop was up: the rest is left for the next start');
      process.exitCode = 1;
    }
    // Once asked to stop, an echo of that signal is still to be expected.
    if (stop.signal.aborted) endSoon(logger);
    else stop.dispose();
  }
}

/** Something a library left running must not hold a process that was asked to stop and has closed everything. */
function endSoon(logger: Logger): void {
  const end = (): void => {
    logger.warn({}, 'something is still running; the process ends anyway');
    process.exit();
  };
  setTimeout(end, LINGER_MS).unref();
}

/** The configuration a command's options name. @throws AppError `config_invalid` */
export function configFrom(
  { config: file, logLevel }: CommonOptions,
  onIgnored: LoadOptions['onIgnored'] = () => {},
): Config {
  return loadConfig({ file, logLevel, onIgnored });
}

/** A line, or several, on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One JSON document a line; nothing in it steers a terminal. */
export function printJson(value: unknown): void {
  print(terminalJson(value));
}

/**
 * Asks on the terminal whether to do something that can't be undone.
 * @throws AppError `usage` where nobody can answer, `aborted` for any answer but yes
 */
export async function confirm(deed: string): Promise<void> {
  if (process.stdin.isTTY !== true) throw new AppError('usage', `this would ${deed}; add --yes to do it`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${deed}? Type yes: `);
    if (answer.trim() !== 'yes') throw new AppError('aborted', 'nothing was changed');
  } finally {
    terminal.close();
  }
}
