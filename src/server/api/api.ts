import type { OrderListing } from '../../storage/order-listing.ts';
import type { OrderTrails } from '../../storage/order-trail.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { type DeadLetterDesk, deadLetterEndpoints } from './dead-letters/dead-letters.ts';
import { type RedriveDesk, redriveEndpoints } from './dead-letters/redrive.ts';
import { type Operations, operationEndpoints } from './operations.ts';
import type { OrderArrivals, OrderIntake, OrderLookup } from './orders/dependencies.ts';
import { orderBulkEndpoints } from './orders/order-bulk.ts';
import { orderCheckEndpoints } from './orders/order-check.ts';
import { orderExportEndpoints } from './orders/order-export.ts';
import { orderJourneyEndpoints } from './orders/order-journey.ts';
import { orderListEndpoints } from './orders/order-list.ts';
import { orderSendingEndpoints } from './orders/order-sending.ts';
import { orderEndpoints } from './orders/orders.ts';
import { healthEndpoints } from './service/health.ts';
import type { Readiness } from './service/readiness.ts';

/** What the API stands on. */
export interface ApiServices {
  readonly lookup: OrderLookup;
  readonly listing: OrderListing;
  readonly trails: OrderTrails;
  readonly intake: OrderIntake;
  readonly arrivals: OrderArrivals;
  readonly deadLetters: DeadLetterDesk & RedriveDesk;
  /** The state of the engines. Never rejects. */
  readonly readiness: () => Promise<Readiness>;
  readonly operations: Operations;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  readonly logger: Logger;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
}

/** Every endpoint of the API, by resource. Routes, checks, `/openapi.json` and the client's types all come from this list. */
export function apiEndpoints(services: ApiServices): Endpoint[] {
  const options = { now: Date.now, ...services };
  return [
    ...orderEndpoints(options),
    ...orderListEndpoints(options),
    ...orderExportEndpoints(options),
    ...orderSendingEndpoints(options),
    ...orderCheckEndpoints(options),
    ...orderJourneyEndpoints(options),
    ...orderBulkEndpoints(options),
    ...deadLetterEndpoints(options),
    ...redriveEndpoints(options),
    ...operationEndpoints({ ...services.operations, now: options.now }),
    ...healthEndpoints(services.readiness),
  ];
}
