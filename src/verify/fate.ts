import type { StoredMatch } from '../storage/postgresql/stored-match.ts';
import { CLOCK_TOLERANCE_MS } from './dead-letter-claim.ts';

/** Where an accepted message stands, and what the database knows of its offset. */
export interface AcceptedPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The group has passed it: it must have had its effect. */
  readonly passed: boolean;
  /** It is old enough to be of an order that was deleted for its age. */
  readonly old: boolean;
}

/**
 * What became of an accepted message:
 * - `stored`: the stored order came from it and says the same; `altered`: it came from it and says something else;
 * - `identical`: what is stored says the same, and came from another message;
 * - `superseded`: a later message has replaced it;
 * - `suspect`: an older message is stored that says something else. Right only if a later one says again what is
 *   stored: an order that comes back to it within one batch is left as it is;
 * - `pending`: the group has not reached it yet; `lost`: it has, and nothing is stored; `expired`: nothing is stored, and
 *   it is so old that its order may have been deleted for its age.
 */
export type Fate = 'stored' | 'altered' | 'identical' | 'superseded' | 'suspect' | 'pending' | 'lost' | 'expired';

/**
 * Judges an accepted message by what is stored under its uid. Within a partition the order of messages decides: what is
 * stored must say what the last one says. Messages of one uid in several partitions have no order, so any of them may
 * be the last.
 */
export function fateOf(position: AcceptedPosition, stored: StoredMatch | undefined): Fate {
  const { topic, partition, offset, passed, old } = position;
  if (stored === undefined) {
    if (!passed) return 'pending';
    return old ? 'expired' : 'lost';
  }
  const fromHere = stored.topic === topic && !stored.earlier && stored.partition === partition;
  if (fromHere && stored.offset === offset) return stored.same ? 'stored' : 'altered';
  if (stored.same) return 'identical';
  if (fromHere && stored.offset > offset) return 'superseded';
  if (!passed) return 'pending';
  if (fromHere || stored.earlier) return 'suspect';
  return 'superseded';
}

/** How far the database's clock may step back between two transactions, ms. */
const DATABASE_CLOCK_MS = 60_000;

/** Which time of a stored order contradicts its message; undefined if none does. Instants: ms since the Unix epoch. */
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
