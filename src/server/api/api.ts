import type { MessageBrowser } from '../../kafka/read/message-browser.ts';
import type { OrderListing, OrderTrails, StateFiguresReader } from '../../storage/stored-orders.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { MetricsPage } from '../../telemetry/metrics-page.ts';
import type { Endpoint } from '../http/endpoint.ts';
import type { EventStreams } from '../http/event-stream.ts';
import { type CacheEndpointsOptions, cacheEndpoints } from './cache/cache.ts';
import { type DeadLetterControl, deadLetterEndpoints } from './dead-letters/dead-letters.ts';
import { letterExportEndpoints } from './dead-letters/letter-export.ts';
import { redriveEndpoints } from './dead-letters/redrive.ts';
import { type EngineEndpointsOptions, engineEndpoints } from './engines/engines.ts';
import { type GeneratorEndpointsOptions, generatorEndpoints } from './generator/generator.ts';
import { type GroupEndpointsOptions, groupEndpoints } from './kafka/groups.ts';
import { type MessageEndpointsOptions, messageEndpoints } from './kafka/messages.ts';
import { type ProducingEndpointsOptions, producingEndpoints } from './kafka/producing.ts';
import { type TopicEndpointsOptions, topicEndpoints } from './kafka/topics.ts';
import { type LiveEndpointsOptions, liveEndpoints } from './live/live.ts';
import type { PolledArrivals } from './orders/order-arrivals.ts';
import { orderBulkEndpoints } from './orders/order-bulk.ts';
import { orderExportEndpoints } from './orders/order-export.ts';
import { orderHistoryEndpoints } from './orders/order-history.ts';
import type { OrderIntake } from './orders/order-intake.ts';
import { orderJourneyEndpoints } from './orders/order-journey.ts';
import { orderListEndpoints } from './orders/order-list.ts';
import { orderSendingEndpoints } from './orders/order-sending.ts';
import { orderStateEndpoints } from './orders/order-states.ts';
import { type OrderLookup, orderEndpoints } from './orders/orders.ts';
import { type ReaderEndpointsOptions, readerEndpoints } from './reader/reader.ts';
import type { ReadinessJson } from './schemas.ts';
import { healthEndpoints, metricsEndpoints } from './service/service.ts';
import { type VerificationServices, verificationEndpoints } from './verifications/verifications.ts';

/** What operators look at and control. */
export interface Operations
  extends CacheEndpointsOptions,
    GeneratorEndpointsOptions,
    ReaderEndpointsOptions,
    TopicEndpointsOptions,
    Omit<GroupEndpointsOptions, 'now'>,
    Omit<MessageEndpointsOptions, 'now'>,
    Pick<ProducingEndpointsOptions, 'messageSender'>,
    EngineEndpointsOptions,
    Omit<VerificationServices, 'generator'>,
    LiveEndpointsOptions {
  readonly messages: Pick<MessageBrowser, 'list' | 'find' | 'follow' | 'ofOrder'>;
  readonly sampler: LiveEndpointsOptions['sampler'];
  readonly streams: EventStreams;
  readonly metrics: Pick<MetricsPage, 'render'>;
}

/** What the API is built on. */
export interface ApiServices {
  readonly lookup: OrderLookup;
  readonly listing: OrderListing;
  readonly trails: OrderTrails;
  readonly states: StateFiguresReader;
  readonly intake: OrderIntake;
  readonly arrivals: Pick<PolledArrivals, 'maxWaitMs' | 'full' | 'wait'>;
  readonly deadLetters: DeadLetterControl;
  /** The state of the engines. Never rejects. */
  readonly readiness: () => Promise<ReadinessJson>;
  readonly operations: Operations;
  /** Longest order the consumer takes. */
  readonly maxOrderBytes: number;
  readonly logger: Logger;
  /** The clock, ms since the Unix epoch. */
  readonly now?: () => number;
}

/**
 * Every endpoint of the API, by resource. Routes, checks, `/openapi.json` and the client's types all come from this
 * list.
 */
export function apiEndpoints(services: ApiServices): Endpoint[] {
  const options = { now: Date.now, ...services };
  const operations = { ...services.operations, now: options.now };
  return [
    ...orderEndpoints(options),
    ...orderListEndpoints(options),
    ...orderExportEndpoints(options),
    ...orderStateEndpoints(options),
    ...orderSendingEndpoints(options),
    ...orderHistoryEndpoints(options),
    ...orderJourneyEndpoints(options),
    ...orderBulkEndpoints(options),
    ...deadLetterEndpoints(options),
    ...letterExportEndpoints(options),
    ...redriveEndpoints({ ...options, sampler: operations.sampler }),
    ...generatorEndpoints(operations),
    ...readerEndpoints(operations),
    ...topicEndpoints(operations),
    ...messageEndpoints(operations),
    ...producingEndpoints({ ...operations, maxOrderBytes: options.maxOrderBytes }),
    ...groupEndpoints(operations),
    ...cacheEndpoints(operations),
    ...engineEndpoints(operations),
    ...verificationEndpoints(operations),
    ...liveEndpoints(operations),
    ...metricsEndpoints(operations),
    ...healthEndpoints(options.readiness),
  ];
}
