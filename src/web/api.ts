import type { Order } from '../order/order.ts';

/** One line of the list, as the API gives it. */
export interface OrderSummary {
  readonly order_uid: string;
  readonly track_number: string;
  readonly customer_id: string;
  readonly delivery_name: string;
  readonly delivery_city: string;
  readonly amount: number;
  readonly currency: string;
  readonly items: number;
  readonly date_created: string;
  readonly stored_at: string;
}

export interface EngineStatus {
  readonly name: 'postgresql' | 'kafka' | 'redis';
  readonly status: 'up' | 'down';
  readonly latency_ms?: number;
}

/** An order and what the response headers say about it. */
export interface FoundOrder {
  readonly order: Order;
  readonly tier: 'l1' | 'redis' | 'postgresql';
  /** How long the server looked, ms; undefined when it did not say. */
  readonly lookupMs: number | undefined;
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
  /** RFC 3339. */
  readonly producedAt: string;
  readonly storedAt: string;
}

/** What came of a lookup. */
export type LookupOutcome =
  | { readonly kind: 'found'; readonly found: FoundOrder }
  | { readonly kind: 'absent' }
  | { readonly kind: 'bad-uid'; readonly detail: string }
  | {
      readonly kind: 'unavailable';
      /** What does not answer: PostgreSQL behind the service, or the service itself. */
      readonly who: 'database' | 'service';
      readonly retryAfterMs: number;
    }
  | { readonly kind: 'failed'; readonly title: string; readonly instance: string };

const UID_FORM = 'An order_uid is 1 to 128 characters of valid Unicode without U+0000.';

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly instance: string;
}

/** Asks for an order by POST. Rejects only when `signal` aborts it. */
export async function lookUp(uid: string, signal: AbortSignal): Promise<LookupOutcome> {
  let response: Response;
  try {
    response = await fetch('/api/v1/orders/lookup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ order_uid: uid }),
      signal,
    });
    if (response.ok) return { kind: 'found', found: await readFound(response) };
    return outcomeOf(response, await readProblem(response));
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'unavailable', who: 'service', retryAfterMs: 2_000 };
  }
}

/** The last orders stored; undefined when they can't be had now. */
export async function latestOrders(limit: number, signal: AbortSignal): Promise<OrderSummary[] | undefined> {
  try {
    const response = await fetch(`/api/v1/orders?limit=${limit}`, { signal });
    if (!response.ok) return undefined;
    const { orders }: { orders: OrderSummary[] } = await response.json();
    return orders;
  } catch {
    return undefined;
  }
}

/** The engines' state; undefined when the service does not answer. */
export async function engines(signal: AbortSignal): Promise<readonly EngineStatus[] | undefined> {
  try {
    // 503 has the same body: a required engine is down.
    const response = await fetch('/readyz', { signal });
    if (!response.ok && response.status !== 503) return undefined;
    const state: { engines: EngineStatus[] } = await response.json();
    return state.engines;
  } catch {
    return undefined;
  }
}

async function readFound(response: Response): Promise<FoundOrder> {
  const header = (name: string) => response.headers.get(name) ?? '';
  const order: Order = await response.json();
  const duration = /dur=([\d.]+)/.exec(header('server-timing'))?.[1];
  return {
    order,
    tier: tierOf(header('x-cache')),
    lookupMs: duration === undefined ? undefined : Number(duration),
    topic: header('x-order-topic'),
    partition: header('x-order-partition'),
    offset: header('x-order-offset'),
    producedAt: header('x-order-produced-at'),
    storedAt: header('x-order-stored-at'),
  };
}

function tierOf(name: string): FoundOrder['tier'] {
  return name === 'l1' || name === 'redis' ? name : 'postgresql';
}

async function readProblem(response: Response): Promise<Problem> {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') === true;
  if (isProblem) return await response.json();
  return { type: '', title: `The service answered ${response.status}`, detail: '', instance: '' };
}

function outcomeOf(response: Response, problem: Problem): LookupOutcome {
  if (problem.type.endsWith('/order-not-found')) return { kind: 'absent' };
  if (problem.type.endsWith('/invalid-body')) return { kind: 'bad-uid', detail: UID_FORM };
  if (response.status === 503) {
    const seconds = Number(response.headers.get('retry-after'));
    return { kind: 'unavailable', who: 'database', retryAfterMs: (seconds > 0 ? seconds : 2) * 1000 };
  }
  return { kind: 'failed', title: problem.title, instance: problem.instance };
}
