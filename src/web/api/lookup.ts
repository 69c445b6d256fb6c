import type { Order } from '../../client/schema.generated.ts';
import { answered, api } from './client.ts';

export type Tier = 'l1' | 'redis' | 'postgresql';

/** An order and what the response headers say about it. */
export interface FoundOrder {
  readonly order: Order;
  readonly tier: Tier;
  /** How long the server looked, ms; undefined when it did not say. */
  readonly lookupMs: number | undefined;
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
  /** RFC 3339. */
  readonly producedAt: string;
  readonly storedAt: string;
}

/** Asks for an order by POST. @throws ApiError */
export async function lookUp(order_uid: string, signal: AbortSignal): Promise<FoundOrder> {
  const { data, response } = await answered(
    api.POST('/api/v1/orders/lookup', { body: { order_uid }, signal }),
  );
  const header = (name: string) => response.headers.get(name) ?? '';
  const duration = /dur=([\d.]+)/.exec(header('server-timing'))?.[1];
  return {
    order: data,
    tier: tierOf(header('x-cache')),
    lookupMs: duration === undefined ? undefined : Number(duration),
    topic: header('x-order-topic'),
    partition: header('x-order-partition'),
    offset: header('x-order-offset'),
    producedAt: header('x-order-produced-at'),
    storedAt: header('x-order-stored-at'),
  };
}

function tierOf(name: string): Tier {
  return name === 'l1' || name === 'redis' ? name : 'postgresql';
}
