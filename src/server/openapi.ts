import { OrderSchema, OrderUidSchema } from '../order/order.ts';
import { DEAD_LETTER_SCHEMAS, deadLetterPaths } from './dead-letter-openapi.ts';
import { BODY_PROBLEMS, body, header, type Json, json, operation, problems, ref } from './openapi-parts.ts';
import {
  AcceptedSchema,
  LimitSchema,
  LookupRequestSchema,
  OrderListSchema,
  ProblemSchema,
  ReadinessSchema,
} from './schemas.ts';

/** The OpenAPI 3.1 description of the API, made from the schemas that check it. */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Test Service',
      version: '1',
      description:
        'Orders: found in Redis or PostgreSQL, taken in through Kafka. Errors are RFC 9457 problem documents.',
    },
    servers: [{ url: '/' }],
    paths: {
      '/api/v1/orders': {
        get: operation('listOrders', 'The last orders stored, newest first', {
          parameters: [
            { name: 'limit', in: 'query', required: false, schema: LimitSchema, description: 'How many' },
          ],
          responses: {
            200: json('The orders', ref('OrderList')),
            ...problems('bad-limit', 'database-unavailable', 'timed-out'),
          },
        }),
        post: operation('sendOrder', 'Send an order to Kafka; it is readable once the consumer stored it', {
          requestBody: body(ref('Order')),
          responses: {
            202: {
              ...json('Kafka has it', ref('Accepted')),
              headers: { Location: header('Where the order will be') },
            },
            ...problems('bad-json', 'order-rejected', 'kafka-unavailable', 'timed-out', ...BODY_PROBLEMS),
          },
        }),
      },
      '/api/v1/orders/lookup': {
        post: operation('lookUpOrder', 'Find an order by its order_uid, whatever characters it has', {
          requestBody: body(ref('LookupRequest')),
          responses: {
            200: foundOrder,
            ...problems(
              'bad-json',
              'bad-request',
              'bad-order-uid',
              'order-not-found',
              'database-unavailable',
              'timed-out',
              ...BODY_PROBLEMS,
            ),
          },
        }),
      },
      '/api/v1/orders/{order_uid}': {
        get: operation('getOrder', 'Find an order by its order_uid', {
          parameters: [
            { name: 'order_uid', in: 'path', required: true, schema: OrderUidSchema },
            { name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } },
          ],
          responses: {
            200: foundOrder,
            304: { description: 'The order is what the tag says' },
            ...problems('bad-order-uid', 'order-not-found', 'database-unavailable', 'timed-out'),
          },
        }),
      },
      ...deadLetterPaths(),
      '/healthz': {
        get: operation('health', 'The process answers', {
          responses: { 200: json('It does', { type: 'object' }) },
        }),
      },
      '/readyz': {
        get: operation('readiness', 'The state of PostgreSQL, Kafka and Redis', {
          responses: {
            200: json('The service does its work; `degraded` when Kafka or Redis is down', ref('Readiness')),
            503: json('PostgreSQL is down', ref('Readiness')),
          },
        }),
      },
      '/openapi.json': {
        get: operation('description', 'This document', {
          responses: { 200: json('OpenAPI 3.1', { type: 'object' }) },
        }),
      },
    },
    components: {
      schemas: {
        Order: OrderSchema,
        LookupRequest: LookupRequestSchema,
        OrderList: OrderListSchema,
        Accepted: AcceptedSchema,
        Readiness: ReadinessSchema,
        ...DEAD_LETTER_SCHEMAS,
        Problem: ProblemSchema,
      },
    },
  };
}

const foundOrder = {
  ...json('The order, as it was sent', ref('Order')),
  headers: {
    ETag: header('Strong tag over the body'),
    'X-Cache': header('Who answered: the server’s own memory, or an engine', {
      enum: ['l1', 'redis', 'postgresql'],
    }),
    'Server-Timing': header('How long it took'),
    'X-Order-Topic': header('Where the order came from: topic'),
    'X-Order-Partition': header('Where the order came from: partition'),
    'X-Order-Offset': header('Where the order came from: offset'),
    'X-Order-Produced-At': header('When it was sent, RFC 3339'),
    'X-Order-Stored-At': header('When it was stored, RFC 3339'),
  },
};
