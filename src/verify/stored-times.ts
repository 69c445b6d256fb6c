import type { StoredMatch } from '../storage/stored-state.ts';
import { CLOCK_TOLERANCE_MS } from './letter-check.ts';

/** How far the database's clock may step back between two transactions, ms. */
const DATABASE_CLOCK_MS = 60_000;

/** Which of a stored order's times can't be right, given the message it came from; undefined when both can. Instants are ms since the Unix epoch. */
export function wrongTime(
  message: { readonly partition: number; readonly timestamp: number; readonly producedAt: number },
  stored: Pick<StoredMatch, 'producedAt' | 'storedAt'>,
  { movedAt, now }: { readonly movedAt: ReadonlyMap<number, number>; readonly now: () => number },
): 'produced_at' | 'stored_at' | undefined {
  const { partition, timestamp, producedAt } = message;
  if (stored.producedAt !== producedAt) return 'produced_at';
  // Rows and offsets are written in one transaction, whose instant both have.
  const moved = movedAt.get(partition);
  const last = moved === undefined ? now() + CLOCK_TOLERANCE_MS : moved + DATABASE_CLOCK_MS;
  const tooEarly = timestamp <= last && stored.storedAt < timestamp - CLOCK_TOLERANCE_MS;
  return stored.storedAt > last || tooEarly ? 'stored_at' : undefined;
}
