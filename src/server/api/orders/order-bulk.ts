import { messageOf } from '../../../lib/app-error.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { ProblemError } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { textStream } from '../../http/text-stream.ts';
import { type BulkOptions, bulkVerdicts } from './bulk-verdicts.ts';

export interface OrderBulkOptions extends BulkOptions {
  readonly logger: Logger;
}

const MAX_BULKS = 16;

const description = `One order a line; orders over several lines, or a JSON list of orders, are taken, too. The answer is streamed while the body is still coming: a line for each order, with the number of the line where it begins, in order,
\`{"line":1,"status":"accepted","order_uid":"…","partition":0,"offset":7}\`,
\`{"line":2,"status":"rejected","reason":"schema","violations":[…]}\` or, when Kafka did not acknowledge it,
\`{"line":3,"status":"failed","order_uid":"…","reason":"kafka_unavailable"}\` (or \`kafka_refuses\` when it takes no messages from this service), and at the end
\`{"summary":{"lines":3,"accepted":1,"rejected":1,"failed":1,"complete":false,"reason":"…"}}\`. Only with \`"complete":true\` was every line
dealt with; sending the rest, or everything, again is safe. Whoever does not read the answer is not read from. There is no limit to the
body's length, only to a line's and to the time without a byte.`;

/** `POST /api/v1/orders/bulk`. */
export function orderBulkEndpoints(options: OrderBulkOptions): Endpoint[] {
  let underWay = 0;
  return [
    endpoint(
      {
        method: 'post',
        path: '/api/v1/orders/bulk',
        operationId: 'sendOrders',
        summary: 'Send many orders to Kafka as NDJSON, with a verdict for each line',
        description,
        tag: 'orders',
        access: 'sending',
        streams: true,
        body: { kind: 'stream', contentTypes: ['application/x-ndjson', 'application/json'] },
        responses: { 200: { description: 'The verdicts', contentTypes: ['application/x-ndjson'] } },
        problems: ['too-many-at-once'],
      },
      ({ body }) => {
        if (underWay >= MAX_BULKS) throw new ProblemError('too-many-at-once');
        underWay += 1;
        const stream = textStream(bulkVerdicts(body, options), (error) => {
          underWay -= 1;
          if (error !== undefined) options.logger.warn({ reason: messageOf(error) }, 'bulk request failed');
        });
        return {
          status: 200,
          headers: { ...NO_STORE, 'content-type': 'application/x-ndjson' },
          body: stream,
        };
      },
    ),
  ];
}
