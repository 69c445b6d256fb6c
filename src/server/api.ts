import type { Logger } from '../telemetry/logger.ts';
import type { OrderIntake, OrderList, OrderLookup, Probe } from './dependencies.ts';
import type { Endpoint } from './endpoint.ts';
import { createReadiness, type ReadinessOptions } from './readiness.ts';
import { type DeadLetterDesk, deadLetterEndpoints } from './routes/dead-letters.ts';
import { healthEndpoints } from './routes/health.ts';
import { orderEndpoints } from './routes/orders.ts';

/** What the API stands on. */
export interface ApiServices {
  readonly lookup: OrderLookup;
  readonly list: OrderList;
  readonly intake: OrderIntake;
  readonly deadLetters: DeadLetterDesk;
  readonly probes: readonly Probe[];
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  readonly logger: Logger;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
  readonly readiness?: ReadinessOptions;
}

/** Every endpoint of the API, by resource. Routes, checks, `/openapi.json` and the client's types all come from this list. */
export function apiEndpoints(services: ApiServices): Endpoint[] {
  const options = { now: Date.now, ...services };
  return [
    ...orderEndpoints(options),
    ...deadLetterEndpoints(options),
    ...healthEndpoints(createReadiness(services.probes, services.logger, services.readiness)),
  ];
}
