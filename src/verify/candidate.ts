import { type LogRecord, producedAt } from '../kafka/read/order-log.ts';
import { ByteWriter } from '../lib/byte-writer.ts';
import { decodeOrder } from '../order/decode.ts';
import type { Order } from '../order/order.ts';
import { latestDate, OrderScan } from '../order/order-scan.ts';
import type { Rejection } from '../order/rejection.ts';
import { writeRowText } from '../storage/postgresql/row-text.ts';
import type { SoughtOrder } from '../storage/postgresql/stored-match.ts';
import type { ManifestClaim } from './manifest-check.ts';

/** Dead letters that hold the very bytes of an accepted message, and whether each was right to be written. */
export type CandidateLetters = readonly { readonly reason: string; readonly just: boolean }[];

/** An accepted message that waits for what the database says. */
export class Candidate implements SoughtOrder {
  readonly partition: number;
  readonly offset: number;
  readonly uid: string;
  readonly text: string | undefined;
  /** The message's own time, and when its order was produced; ms since the Unix epoch. */
  readonly timestamp: number;
  readonly producedAt: number;
  readonly letters: CandidateLetters;
  readonly claim: ManifestClaim | undefined;
  readonly #value: Buffer | null;
  #order: Order | undefined;

  constructor(
    partition: number,
    record: LogRecord,
    { uid, text, order }: Recognized,
    letters: CandidateLetters,
    claim: ManifestClaim | undefined,
  ) {
    this.partition = partition;
    this.offset = record.offset;
    this.uid = uid;
    this.text = text;
    this.timestamp = record.timestamp;
    this.producedAt = producedAt(record);
    this.letters = letters;
    this.claim = claim;
    this.#value = order === undefined ? record.value : null;
    this.#order = order;
  }

  /** Decoded when it is first asked for. */
  get order(): Order {
    this.#order ??= decoded(this.#value);
    return this.#order;
  }
}

/** An accepted message's order: its text, or else itself. */
export interface Recognized extends Pick<SoughtOrder, 'uid' | 'text'> {
  readonly ok: true;
  readonly order: Order | undefined;
}

// One is enough: each is read before the next one is written.
const scan = new OrderScan();
const writer = new ByteWriter();

/** Scans a message, and decodes it where that does not say enough. */
export function recognize(
  record: LogRecord,
  options: { readonly maxBytes: number; readonly now: () => number },
): Recognized | Rejection {
  const { bytes, valueAt, valueLength } = record;
  const { maxBytes, now } = options;
  if (valueLength <= maxBytes && scan.scan(bytes, valueAt, valueLength, latest(now()))) {
    writer.clear();
    if (writeRowText(scan, writer)) {
      const text = writer.view(0, writer.length).toString();
      return { ok: true, uid: scan.uid, text, order: undefined };
    }
  }
  const verdict = decodeOrder(record.value, options);
  if (!verdict.ok) return verdict;
  return { ok: true, uid: verdict.order.order_uid, text: undefined, order: verdict.order };
}

const ANY_LATER = Date.parse('9998-01-01T00:00:00Z');

/** What the scan has recognised is accepted at any later time, and however long it may be. */
function decoded(value: Buffer | null): Order {
  const verdict = decodeOrder(value, { maxBytes: Number.POSITIVE_INFINITY, now: () => ANY_LATER });
  if (!verdict.ok) throw new Error(`the scan takes for an order what is none: ${verdict.detail}`);
  return verdict.order;
}

let latestSecond = Number.NaN;
let latestNumber = 0;

function latest(now: number): number {
  const second = Math.floor(now / 1000);
  if (second !== latestSecond) latestNumber = latestDate(now);
  latestSecond = second;
  return latestNumber;
}
