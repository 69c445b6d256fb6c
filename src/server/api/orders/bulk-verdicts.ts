import { AppError } from '../../../lib/app-error.ts';
import { DocumentSplitter } from '../../../lib/documents.ts';
import type { Line } from '../../../lib/lines.ts';
import type { Violation } from '../../../lib/violations.ts';
import { decodeOrder } from '../../../order/decode.ts';
import type { Order } from '../../../order/order.ts';
import { orderViolations } from '../../../order/violations.ts';
import type { OrderIntake } from './dependencies.ts';

export interface BulkOptions {
  readonly intake: Pick<OrderIntake, 'submitMany'>;
  readonly maxOrderBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
  /** Most batches that are on their way to Kafka at once. */
  readonly inFlight?: number;
}

/** Most lines that go to Kafka together. */
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
 * Sends the orders of an NDJSON stream and says what became of each line, in order: a text of verdict lines for each batch, and a
 * summary at the end. A batch is what a chunk brings, so a client that sends one line and waits gets its verdict. Reading goes on while
 * batches are on their way, but no further than `inFlight` of them: whoever does not take the verdicts is not read from. When Kafka does
 * not take a batch, nothing more is read; the summary says that it is not complete, as it does when the body stops coming.
 */
export async function* bulkVerdicts(
  chunks: AsyncIterable<Uint8Array>,
  options: BulkOptions,
): AsyncGenerator<string> {
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
      // Its beginning has been dealt with: what was accepted stays so.
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
    const violations = [{ pointer: '', message: `more than ${maxOrderBytes} bytes` }];
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
        const message = `Kafka does not take a message ${tooLarge ? 'of this size' : 'like this'}`;
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
