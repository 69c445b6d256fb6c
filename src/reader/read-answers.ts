import type { ReadOutcome, ReadVersion } from '../contract/reader.ts';
import { ReadError } from './http-connection.ts';
import type { HttpAnswer } from './http-response.ts';
import type { ListedOrder } from './known-orders.ts';

/** Who has answered a lookup. */
export function tierOf(answer: HttpAnswer): ReadOutcome {
  const tier = answer.header('x-cache');
  return tier === 'l1' || tier === 'redis' || tier === 'postgresql' ? tier : 'other';
}

/** Which version of an order it gives; undefined where its headers don’t say. */
export function versionOf(answer: HttpAnswer): ReadVersion | undefined {
  const version = {
    topic: answer.header('x-order-topic') ?? '',
    partition: Number(answer.header('x-order-partition')),
    offset: Number(answer.header('x-order-offset')),
    producedAt: Date.parse(answer.header('x-order-produced-at') ?? ''),
    storedAt: Date.parse(answer.header('x-order-stored-at') ?? ''),
  };
  return Number.isNaN(version.storedAt) || Number.isNaN(version.offset) ? undefined : version;
}

/** A page of orders. @throws ReadError when it is none */
export function pageOf(body: Buffer): { readonly orders: ListedOrder[]; readonly next: string | undefined } {
  const page = parsed(body);
  if (typeof page !== 'object' || page === null || !('orders' in page) || !Array.isArray(page.orders))
    throw new ReadError('malformed', 'a list is not one of orders');
  const orders = page.orders.flatMap((line: unknown): ListedOrder[] => {
    if (typeof line !== 'object' || line === null || !('order_uid' in line) || !('stored_at' in line)) return [];
    const { order_uid: uid, stored_at } = line;
    return typeof uid === 'string' ? [{ uid, storedAt: Date.parse(String(stored_at)) }] : [];
  });
  const next = 'next_cursor' in page && typeof page.next_cursor === 'string' ? page.next_cursor : undefined;
  return { orders, next };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new ReadError('malformed', 'a list is not JSON');
  }
}
