import type { ReadableTopic } from '../../dead-letters/ports.ts';
import type { RedriveDependencies } from '../../dead-letters/redrive.ts';
import type { Selection } from '../../dead-letters/selection.ts';
import { totalOf } from '../../dead-letters/selection.ts';
import type { LogRange } from '../../kafka/read/order-log.ts';
import type { CommandContext } from './context.ts';
import { deadLetterClients } from './dead-letter-clients.ts';
import { prepareEnvironment } from './environment.ts';
import { createProgress, type Progress } from './progress.ts';
import { Clients } from './roles.ts';

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
  await prepareEnvironment(config, { resources, logger, signal });
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
