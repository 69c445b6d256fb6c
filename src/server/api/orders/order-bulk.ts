import { AppError, messageOf } from '../../../lib/app-error.ts';
import { DocumentSplitter } from '../../../lib/documents.ts';
import type { Line } from '../../../lib/lines.ts';
import type { Violation } from '../../../lib/violations.ts';
import { orderViolations } from '../../../order/check.ts';
import { decodeOrder } from '../../../order/decode.ts';
import type { Order } from '../../../order/order.ts';
import { RULES, worded } from '../../../order/wording.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { TOO_MANY_AT_ONCE } from '../../http/problem.ts';
import { NO_STORE, textStream } from '../../http/reply.ts';
import { Slots } from '../../http/slots.ts';
import type { OrderIntake } from './order-intake.ts';

const MAX_BULKS = 16;

const description = `One order a line; orders over several lines and a JSON list of orders are accepted, too. The answer is streamed while the body still arrives: a line for each order, in order, with the number of the line where it begins,
\`{"line":1,"status":"accepted","order_uid":"…","partition":0,"offset":7}\`,
\`{"line":2,"status":"rejected","reason":"schema","violations":[…]}\` or, when Kafka did not acknowledge it,
\`{"line":3,"status":"failed","order_uid":"…","reason":"kafka_unavailable"}\` (or \`kafka_refuses\` when it accepts no messages from this service), and at the end
\`{"summary":{"lines":3,"accepted":1,"rejected":1,"failed":1,"complete":false,"reason":"…"}}\`. Every line was
processed only if \`"complete"\` is true; sending the rest, or everything, again is safe. The server stops reading the body of a client that does not read the answer. The
length of the body is not limited, only that of a line and the time without a byte.`;

/** `POST /api/v1/orders/bulk`. */
export function orderBulkEndpoints(options: BulkOptions & { readonly logger: Logger }): Endpoint[] {
  const slots = new Slots(MAX_BULKS);
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
        problems: [TOO_MANY_AT_ONCE],
      },
      ({ body }) => {
        const free = slots.take();
        const stream = textStream(bulkVerdicts(body, options), (error) => {
          free();
          if (error !== undefined) options.logger.warn({ reason: messageOf(error) }, 'bulk request failed');
        });
        return { status: 200, headers: { ...NO_STORE, 'content-type': 'application/x-ndjson' }, body: stream };
      },
    ),
  ];
}

export interface BulkOptions {
  readonly intake: Pick<OrderIntake, 'submitMany'>;
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
  /** Most batches that are on their way to Kafka at once. */
  readonly inFlight?: number;
}

/** Most lines sent to Kafka together. */
const BATCH_LINES = 500;

type Verdict = { readonly line: number } & (
  | {
      readonly status: 'accepted';
      readonly order_uid: string;
      readonly partition: number;
      readonly offset: number;
    }
  | { readonly status: 'rejected'; readonly reason: string; readonly violations: readonly Violation[] }
  | { readonly status: 'failed'; readonly order_uid: string; readonly reason: string }
);

interface Batch {
  readonly verdicts: readonly Verdict[];
}

/**
 * Sends the orders of an NDJSON stream and yields the verdict on each line, in order: a text of verdict lines for each
 * batch, and a summary at the end. A batch is what a chunk brings, so a client that sends one line and waits gets its
 * verdict. At most `inFlight` batches are on their way while reading goes on, so a client that does not take the
 * verdicts is not read from. When Kafka does not take a batch, or the body is interrupted, reading stops, and the
 * summary says that it is not complete.
 */
export async function* bulkVerdicts(chunks: AsyncIterable<Uint8Array>, options: BulkOptions): AsyncGenerator<string> {
  const splitter = new DocumentSplitter(options.maxOrderBytes);
  const counts = { accepted: 0, rejected: 0, failed: 0 };
  let stopped: string | undefined;
  const batches = new ReadableStream<Promise<Batch>>(
    batchSource(chunks, splitter, options, (reason) => {
      stopped ??= reason;
    }),
    { highWaterMark: options.inFlight ?? 4 },
  );
  for await (const coming of batches) {
    const { verdicts } = await coming;
    for (const { status } of verdicts) counts[status] += 1;
    if (verdicts.length > 0) yield `${verdicts.map((one) => JSON.stringify(one)).join('\n')}\n`;
    const failed = verdicts.find((one) => one.status === 'failed');
    if (failed !== undefined) {
      stopped ??= failed.reason;
      break;
    }
  }
  const end = stopped === undefined ? { complete: true } : { complete: false, reason: stopped };
  yield `${JSON.stringify({ summary: { lines: splitter.count, ...counts, ...end } })}\n`;
}

function batchSource(
  chunks: AsyncIterable<Uint8Array>,
  splitter: DocumentSplitter,
  options: BulkOptions,
  onStop: (reason: string) => void,
): UnderlyingDefaultSource<Promise<Batch>> {
  const source = chunks[Symbol.asyncIterator]();
  let lines: Line[] = [];
  let ended = false;
  const read = async (): Promise<void> => {
    try {
      const { done, value } = await source.next();
      ended = done === true;
      lines = value === undefined || done === true ? splitter.end() : splitter.push(value);
    } catch {
      // The lines before have been processed: what was accepted stays accepted.
      ended = true;
      onStop('body_interrupted');
    }
  };
  return {
    pull: async (controller) => {
      while (lines.length === 0 && !ended) await read();
      const batch = lines.splice(0, BATCH_LINES);
      if (batch.length > 0) controller.enqueue(settle(batch, options));
      else controller.close();
    },
    cancel: async () => {
      await source.return?.();
    },
  };
}

/** Never rejects. */
async function settle(lines: readonly Line[], options: BulkOptions): Promise<Batch> {
  const judged = lines.map((line) => judge(line, options));
  const orders = judged.filter((one) => 'order' in one);
  const verdictOf = await send(orders, options);
  return { verdicts: judged.map((one) => ('order' in one ? verdictOf(one) : one)) };
}

interface Valid {
  readonly line: number;
  readonly order: Order;
  readonly value: Buffer;
}

function judge({ number, bytes }: Line, { maxOrderBytes, now }: BulkOptions): Valid | Verdict {
  if (bytes === undefined) {
    const violations = [{ pointer: '', message: worded('longer', { limit: maxOrderBytes }) }];
    return { line: number, status: 'rejected', reason: 'too_large', violations };
  }
  const decoded = decodeOrder(bytes, { maxBytes: maxOrderBytes, now });
  if (decoded.ok) return { line: number, order: decoded.order, value: bytes };
  const violations = orderViolations(bytes, decoded, now());
  return { line: number, status: 'rejected', reason: decoded.reason, violations };
}

async function send(orders: readonly Valid[], { intake }: BulkOptions): Promise<(one: Valid) => Verdict> {
  try {
    const positions = orders.length === 0 ? [] : await intake.submitMany(orders);
    const byLine = new Map(orders.map((one, at) => [one.line, positions[at]]));
    return ({ line, order }) => {
      const position = byLine.get(line);
      if (position === undefined || typeof position === 'string') {
        const tooLarge = position === 'too_large';
        const message = RULES[tooLarge ? 'kafka_size' : 'kafka_message'];
        const reason = tooLarge ? 'too_large' : 'kafka_rejected';
        return { line, status: 'rejected', reason, violations: [{ pointer: '', message }] };
      }
      const { partition, offset } = position;
      return { line, status: 'accepted', order_uid: order.order_uid, partition, offset: Number(offset) };
    };
  } catch (error) {
    const reason = error instanceof AppError ? error.code : 'internal';
    return ({ line, order }) => ({ line, status: 'failed', order_uid: order.order_uid, reason });
  }
}
