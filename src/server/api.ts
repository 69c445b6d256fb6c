import type { OrderIntake, OrderList, OrderLookup } from './dependencies.ts';
import type { Endpoint } from './endpoint.ts';
import { type Operations, operationEndpoints } from './operations.ts';
import type { Readiness } from './readiness.ts';
import { type DeadLetterDesk, deadLetterEndpoints } from './routes/dead-letters.ts';
import { healthEndpoints } from './routes/health.ts';
import { orderEndpoints } from './routes/orders.ts';

/** What the API stands on. */
export interface ApiServices {
  readonly lookup: OrderLookup;
  readonly list: OrderList;
  readonly intake: OrderIntake;
  readonly deadLetters: DeadLetterDesk;
  /** The state of the engines. Never rejects. */
  readonly readiness: () => Promise<Readiness>;
  readonly operations: Operations;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
}

/** Every endpoint of the API, by resource. Routes, checks, `/openapi.json` and the client's types all come from this list. */
export function apiEndpoints(services: ApiServices): Endpoint[] {
  const options = { now: Date.now, ...services };
  return [
    ...orderEndpoints(options),
    ...deadLetterEndpoints(options),
    ...operationEndpoints({ ...services.operations, now: options.now }),
    ...healthEndpoints(services.readiness),
  ];
}
