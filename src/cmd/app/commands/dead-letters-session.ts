import { type Command, InvalidArgumentError } from 'commander';
import { type LetterFilter, type LetterReason, type Position, parsePosition } from '../../../contract/letter.ts';
import type { Selection } from '../../../contract/redrive.ts';
import { type ReadableTopic, totalOf } from '../../../dead-letters/reading.ts';
import type { RedriveDependencies } from '../../../dead-letters/redrive.ts';
import type { LogRange } from '../../../kafka/read/order-log.ts';
import { parseWhen } from '../../../order/instant.ts';
import { isRejectionReason, REJECTION_REASONS } from '../../../order/rejection.ts';
import type { CommandContext } from '../context.ts';
import { deadLetterClients } from '../dead-letter-clients.ts';
import { prepareEnvironment } from '../environment.ts';
import { createProgress, type Progress } from '../progress.ts';
import { Clients } from '../roles.ts';

/** What a command on dead letters works with. */
export interface DeadLetterSession {
  readonly letters: ReadableTopic;
  readonly clients: RedriveDependencies;
}

const FETCH_BYTES = 1_048_576;
/** A producer's transaction ends within its time-out, a minute unless someone set another. */
const MAX_HIDDEN_MS = 65_000;

/** Prepares the engines and opens the dead-letter topic; all of it is closed with the context. */
export async function openDeadLetters(context: CommandContext): Promise<DeadLetterSession> {
  const { config, logger, resources, signal } = context;
  await prepareEnvironment(config, { resources, logger, signal, needs: ['kafka', 'postgresql'] });
  const { database } = new Clients(config, resources, logger);
  const clients = deadLetterClients(config, database, {
    maxBytesPerPartition: FETCH_BYTES,
    maxHiddenMs: MAX_HIDDEN_MS,
  });
  const letters = await clients.openTopic(config.kafka.deadLetterTopic);
  resources.defer('connections', 'dead letters', () => letters.close());
  return { letters, clients };
}

/** Progress over what is selected, on standard error; closed with the context. */
export function trackProgress(
  context: CommandContext,
  label: string,
  selection: Selection,
  ranges: ReadonlyMap<number, LogRange>,
): Progress {
  const progress = createProgress({
    label,
    total: totalOf(selection, ranges),
    terminal: process.stderr.isTTY === true,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  context.resources.defer('work', 'progress', () => progress.stop());
  return progress;
}

/** The options that choose dead letters. */
export interface FilterOptions {
  readonly reason?: readonly LetterReason[];
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
}

/** Adds `--reason`, `--since`, `--until` and `--key`. */
export function withFilterOptions(command: Command): Command {
  return command
    .option('--reason <code>', 'rejected for this reason; may be repeated', addReason)
    .option('--since <when>', 'rejected then or later: RFC 3339, or an age such as 90s, 15m, 2h, 7d', instant)
    .option('--until <when>', 'rejected before then', instant)
    .option('--key <text>', 'with exactly this message key');
}

export function filterOfOptions({ reason, since, until, key }: FilterOptions): LetterFilter {
  return {
    ...(reason && { reasons: reason }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(key !== undefined && { key }),
  };
}

/** `3:17` → the position. */
export function positionArgument(text: string): Position {
  const position = parsePosition(text);
  if (position === undefined) throw new InvalidArgumentError('It must be PARTITION:OFFSET, such as 3:17.');
  return position;
}

/** For an argument that may be given several times. */
export function positionArguments(text: string, before: readonly Position[] | undefined): Position[] {
  return [...(before ?? []), positionArgument(text)];
}

function addReason(text: string, before: readonly LetterReason[] | undefined): LetterReason[] {
  if (text !== 'unknown' && !isRejectionReason(text)) {
    throw new InvalidArgumentError(`The reasons are ${REJECTION_REASONS.join(', ')}, unknown.`);
  }
  return [...(before ?? []), text];
}

function instant(text: string): number {
  const at = parseWhen(text, Date.now());
  if (at === undefined) {
    throw new InvalidArgumentError('It must be like 2026-05-04T10:00:00Z, or an age such as 15m.');
  }
  return at;
}
