import { unlessAborted } from '../lib/deadline.ts';
import type { StoredStates } from '../storage/postgresql/state-counts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Chore, inBatches } from './chore.ts';

export interface StateKeepingOptions {
  readonly states: Pick<StoredStates, 'figures' | 'anyUnknown' | 'workOut' | 'recount'>;
  readonly logger: Logger;
  /** Time between two rounds. */
  readonly everyMs?: number;
  readonly batchOrders?: number;
}

const DAY_MS = 86_400_000;
/** Most batches of a round. */
const MAX_BATCHES = 1_000;

/**
 * Works out the states of orders that an earlier version stored, and counts all orders when that is done, when it was
 * never done, and once a day. Of several processes one works at a time.
 */
export function stateKeeping({ states, logger, everyMs, batchOrders = 1_000 }: StateKeepingOptions): Chore {
  const round = async (signal: AbortSignal): Promise<void> => {
    let orders = 0;
    if (await states.anyUnknown()) {
      const more = await inBatches(signal, MAX_BATCHES, async () => {
        const done = await states.workOut(batchOrders);
        orders += done;
        return done > 0;
      });
      if (orders > 0) logger.info({ orders, more }, 'states of orders worked out');
    }
    const { countedAgeMs = Number.POSITIVE_INFINITY } = await states.figures();
    if (signal.aborted || (orders === 0 && countedAgeMs < DAY_MS)) return;
    const began = performance.now();
    // It takes long where there are very many orders, and a stop does not wait for it.
    if (await unlessAborted(signal, states.recount()))
      logger.info({ seconds: Math.round((performance.now() - began) / 1000) }, 'orders counted by state');
  };
  return new Chore({ round, failed: 'counting orders by state has to wait', logger, everyMs });
}
