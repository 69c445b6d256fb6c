import type { FoundOrder } from '../storage/order-store.ts';
import { readyHeaders } from './reply.ts';

/** Of orders that are answered many times, as those kept in memory are, the headers are made once. */
const made = new WeakMap<FoundOrder, Headers>();

/**
 * The headers of an order's answer: its tag, who answered and how long that took (`ms`), and where the order came from; the
 * body is the order alone.
 */
export function orderHeaders(found: FoundOrder, ms: number): Readonly<Record<string, string>> | Headers {
  if (found.tier !== 'l1') return makeHeaders(found, ms);
  let headers = made.get(found);
  if (headers === undefined) {
    headers = readyHeaders(makeHeaders(found, 0));
    made.set(found, headers);
  }
  return headers;
}

function makeHeaders({ etag, tier, origin }: FoundOrder, ms: number): Record<string, string> {
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
