import type { OrderExpiry } from '../storage/postgresql/order-expiry.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Chore, inBatches } from './chore.ts';

export interface RetentionOptions {
  readonly expiry: Pick<OrderExpiry, 'begin' | 'deleteOldest'>;
  /** Days after which an order is deleted. */
  readonly days: number;
  /** Called after a commit with the orders that are gone, and the id of the note of it. */
  readonly onDeleted: (uids: readonly string[], note?: string) => void;
  readonly logger: Logger;
  /** Time between two rounds. */
  readonly everyMs?: number;
  readonly batchOrders?: number;
  /** Most batches of a round: what is left waits for the next one. */
  readonly maxBatches?: number;
}

/** Deletes orders that are too old, in small batches. Of several processes one works at a time. */
export function retention(options: RetentionOptions): Chore {
  const { expiry, days, onDeleted, logger, everyMs, batchOrders = 1_000, maxBatches = 200 } = options;
  let [rounds, contested] = [0, false];
  /** @param before the days of another setting, which this round has replaced */
  const compare = (before: number | undefined): void => {
    const first = rounds++ === 0;
    if (before === undefined || first) {
      if (before) logger.info({ days, before }, 'retention has changed');
      contested = false;
    } else if (!contested) {
      contested = true;
      logger.warn({ days, others: before }, 'another process has other retention.days: the fewest count');
    }
  };
  const round = async (signal: AbortSignal): Promise<void> => {
    compare(await expiry.begin());
    let [orders, more] = [0, true];
    try {
      more = await inBatches(signal, maxBatches, async () => {
        const { orderUids, note } = await expiry.deleteOldest(batchOrders);
        orders += orderUids.length;
        if (orderUids.length > 0) onDeleted(orderUids, note);
        return orderUids.length === batchOrders;
      });
    } finally {
      if (orders > 0) logger.info({ orders, more }, 'old orders deleted');
    }
  };
  return new Chore({ round, failed: 'deleting old orders has to wait', logger, everyMs });
}
