import type { FoundOrder } from '../../../storage/order-store.ts';
import { type Reply, readyHeaders } from '../../http/reply.ts';

export type OrderReply = Required<Pick<Reply<200>, 'status' | 'body' | 'headers'>>;

/**
 * The answer that gives an order: the body is the order alone; headers say its tag, who answered and how long that took (`ms`), and
 * where the order came from.
 */
export function orderReply(found: FoundOrder, ms: number): OrderReply {
  if (found.tier !== 'l1') return { status: 200, body: found.body, headers: orderHeaders(found, ms) };
  // Orders kept in memory are answered many times, so the answer is made once and kept with them: a table beside would cost a search.
  found.answer ??= keptReply(found);
  return found.answer as OrderReply;
}

function keptReply(found: FoundOrder): OrderReply {
  return { status: 200, body: found.body, headers: readyHeaders(orderHeaders(found, 0)) };
}

function orderHeaders({ etag, tier, origin }: FoundOrder, ms: number): Record<string, string> {
  return {
    'content-type': 'application/json',
    etag,
    'cache-control': 'no-cache',
    'x-cache': tier,
    'server-timing': `lookup;desc="${tier}";dur=${ms.toFixed(2)}`,
    'x-order-topic': origin.topic,
    'x-order-partition': String(origin.partition),
    'x-order-offset': origin.offset.toString(),
    'x-order-produced-at': new Date(origin.producedAt).toISOString(),
    'x-order-stored-at': new Date(origin.storedAt).toISOString(),
  };
}
