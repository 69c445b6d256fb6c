import { isUtf8 } from 'node:buffer';
import { FUTURE_ALLOWANCE_MS } from './validate.ts';

/** Fields of an order outside its items, in the order in which both the contract and OrderScan have them. */
export const ORDER_FIELD_COUNT = 28;
/** Fields of an item, likewise. */
export const ITEM_FIELD_COUNT = 11;

const STRING = 0;
const INTEGER = 1;
const DATE = 2;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;
const SPACE = 0x20;
const FIRST_NON_ASCII = 0x80;

/** Longest text in bytes that is surely within the contract's limits, which count code points. */
const MAX_TEXT_BYTES = 1000;
const MAX_UID_BYTES = 128;
const MAX_ITEMS = 1000;
/** Every integer of so many digits is within ±(2^53−1). */
const MAX_DIGITS = 15;

/** What stands before a field's value, and what kind of value it is. */
interface Step {
  readonly before: Uint8Array;
  readonly kind: number;
}

const HEAD = steps('{"', [
  'order_uid:s track_number:s entry:s',
  'delivery name:s phone:s zip:s city:s address:s region:s email:s',
  'payment transaction:s request_id:s currency:s provider:s amount:i payment_dt:i bank:s delivery_cost:i goods_total:i custom_fee:i',
]);
const ITEM = steps('{"', [
  'chrt_id:i track_number:s price:i rid:s name:s sale:i size:s total_price:i nm_id:i brand:s status:i',
]);
const TAIL = steps(',"', [
  'locale:s internal_signature:s customer_id:s delivery_service:s shardkey:s sm_id:i date_created:d oof_shard:s',
]);
const BEFORE_ITEMS = Buffer.from('},"items":[');
const AFTER_ITEMS = Buffer.from(']');
const END = Buffer.from('"}');
const AMOUNT = 14;
const DELIVERY_COST = 17;
const GOODS_TOTAL = 18;
const CUSTOM_FEE = 19;
const TOTAL_PRICE = 7;

/**
 * Recognises an order in its message's bytes without building any object: where each value starts and ends is all that
 * comes out. It takes the plain case only: the contract's fields in the contract's order, no white space, no backslash, a date
 * as `YYYY-MM-DDTHH:MM:SSZ`. Whatever it accepts, decodeOrder accepts, too, with the same values; what it does not
 * recognise proves nothing and is decodeOrder's to judge.
 */
export class OrderScan {
  /** The bytes last scanned. */
  bytes: Buffer = Buffer.alloc(0);
  /** Start and end of each field's value (strings without their quotes), two entries a field. */
  readonly fields = new Int32Array(2 * ORDER_FIELD_COUNT);
  /** The same of each item, one item after the other. */
  itemFields = new Int32Array(2 * ITEM_FIELD_COUNT * 16);
  /** How many items there are. */
  items = 0;
  #at = 0;
  #end = 0;
  #number = 0;
  #nonAscii = false;
  #start = 0;
  #goods = 0;
  readonly #numbers = new Float64Array(ORDER_FIELD_COUNT);
  readonly #itemNumbers = new Float64Array(ITEM_FIELD_COUNT);

  /** The message last scanned: a view, which stays valid. */
  get message(): Buffer {
    return this.bytes.subarray(this.#start, this.#end);
  }

  /** The `order_uid` of the order last recognised. */
  get uid(): string {
    return this.bytes.toString('utf8', this.fields[0], this.fields[1]);
  }

  /**
   * Looks at the `length` bytes from `start`. `latest` is the last `date_created` that is allowed, as
   * the number YYYYMMDDHHMMSS, UTC. False: not recognised.
   */
  scan(bytes: Buffer, start: number, length: number, latest: number): boolean {
    this.bytes = bytes;
    this.#start = start;
    this.#at = start;
    this.#end = start + length;
    this.#nonAscii = false;
    return (
      this.#run(HEAD, this.fields, 0, this.#numbers, 0, latest) &&
      this.#literal(BEFORE_ITEMS) &&
      this.#scanItems() &&
      this.#literal(AFTER_ITEMS) &&
      this.#run(TAIL, this.fields, HEAD.length, this.#numbers, HEAD.length, latest) &&
      this.#literal(END) &&
      this.#at === this.#end &&
      this.#addsUp() &&
      this.#uidFits() &&
      (!this.#nonAscii || isUtf8(bytes.subarray(start, this.#end)))
    );
  }

  #scanItems(): boolean {
    this.items = 0;
    this.#goods = 0;
    while (this.items < MAX_ITEMS) {
      const base = this.items * ITEM_FIELD_COUNT;
      if (this.itemFields.length < 2 * (base + ITEM_FIELD_COUNT)) this.#grow();
      if (!this.#run(ITEM, this.itemFields, base, this.#itemNumbers, 0, 0)) return false;
      // The item's last field is an integer, so nothing but the brace ends it.
      if (this.bytes[this.#at] !== 0x7d) return false;
      this.#at += 1;
      this.items += 1;
      this.#goods += this.#itemNumbers[TOTAL_PRICE] ?? 0;
      if (this.bytes[this.#at] !== COMMA) return true;
      this.#at += 1;
    }
    return false;
  }

  #grow(): void {
    const larger = new Int32Array(this.itemFields.length * 2);
    larger.set(this.itemFields);
    this.itemFields = larger;
  }

  /** Follows a plan; positions go to `out` from entry 2 × base on, integers to `numbers` from entry `first` on. */
  #run(
    plan: readonly Step[],
    out: Int32Array,
    base: number,
    numbers: Float64Array,
    first: number,
    latest: number,
  ): boolean {
    for (let index = 0; index < plan.length; index++) {
      const step = plan[index] as Step;
      if (!this.#literal(step.before)) return false;
      const from = this.#at;
      if (step.kind === INTEGER) {
        if (!this.#integer()) return false;
        numbers[first + index] = this.#number;
      } else if (!this.#string()) {
        return false;
      } else if (step.kind === DATE && !this.#date(from, latest)) {
        return false;
      }
      out[2 * (base + index)] = from;
      out[2 * (base + index) + 1] = this.#at;
    }
    return true;
  }

  #literal(expected: Uint8Array): boolean {
    const bytes = this.bytes;
    const at = this.#at;
    const length = expected.length;
    for (let index = 0; index < length; index++) if (bytes[at + index] !== expected[index]) return false;
    this.#at = at + length;
    return true;
  }

  /** Up to the closing quote, which is left to the next literal. */
  #string(): boolean {
    const bytes = this.bytes;
    const limit = Math.min(this.#end, this.#at + MAX_TEXT_BYTES + 1);
    for (let at = this.#at; at < limit; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#at = at;
        return true;
      }
      if (byte < SPACE || byte === BACKSLASH) return false;
      if (byte >= FIRST_NON_ASCII) this.#nonAscii = true;
    }
    return false;
  }

  #integer(): boolean {
    const bytes = this.bytes;
    const negative = bytes[this.#at] === MINUS;
    const first = negative ? this.#at + 1 : this.#at;
    const limit = Math.min(this.#end, first + MAX_DIGITS);
    let at = first;
    let value = 0;
    for (; at < limit; at++) {
      const byte = bytes[at] as number;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
    }
    const digits = at - first;
    // No number, a leading zero, or −0, which is 0 with another text.
    if (digits === 0 || (bytes[first] === ZERO && (digits > 1 || negative))) return false;
    this.#number = negative ? -value : value;
    this.#at = at;
    return true;
  }

  #date(from: number, latest: number): boolean {
    const bytes = this.bytes;
    if (this.#at - from !== 20 || bytes[from + 19] !== 0x5a || bytes[from + 10] !== 0x54) return false;
    if (bytes[from + 4] !== MINUS || bytes[from + 7] !== MINUS) return false;
    if (bytes[from + 13] !== 0x3a || bytes[from + 16] !== 0x3a) return false;
    const year = this.#pair(from) * 100 + this.#pair(from + 2);
    const month = this.#pair(from + 5);
    const day = this.#pair(from + 8);
    const hour = this.#pair(from + 11);
    const minute = this.#pair(from + 14);
    const second = this.#pair(from + 17);
    // The 29th and later are not in every month; a pair that is no number is NaN, and no comparison holds for it.
    const plain =
      year >= 1000 &&
      month >= 1 &&
      month <= 12 &&
      day >= 1 &&
      day <= 28 &&
      hour <= 23 &&
      minute <= 59 &&
      second <= 59;
    return (
      plain && ((((year * 100 + month) * 100 + day) * 100 + hour) * 100 + minute) * 100 + second <= latest
    );
  }

  #pair(at: number): number {
    const tens = (this.bytes[at] as number) - ZERO;
    const ones = (this.bytes[at + 1] as number) - ZERO;
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
  }

  #addsUp(): boolean {
    const numbers = this.#numbers;
    const goods = numbers[GOODS_TOTAL] ?? 0;
    return (
      this.#goods === goods &&
      numbers[AMOUNT] === goods + (numbers[DELIVERY_COST] ?? 0) + (numbers[CUSTOM_FEE] ?? 0)
    );
  }

  #uidFits(): boolean {
    const length = (this.fields[1] ?? 0) - (this.fields[0] ?? 0);
    return length >= 1 && length <= MAX_UID_BYTES;
  }
}

/** The last `date_created` allowed when the clock stands at `now`, ms since the Unix epoch, as OrderScan wants it. */
export function latestDate(now: number): number {
  const limit = new Date(Math.floor(now / 1000) * 1000 + FUTURE_ALLOWANCE_MS);
  return Number(limit.toISOString().slice(0, 19).replace(/\D/g, ''));
}

/** Lines of fields; a line that starts with a name of no kind is an object of that name. */
function steps(open: string, lines: readonly string[]): Step[] {
  const plan: Step[] = [];
  let before = open;
  for (const line of lines) {
    const words = line.split(' ');
    const nested = words[0]?.includes(':') === false ? words.shift() : undefined;
    if (nested !== undefined) before += `${nested}":{"`;
    for (const word of words) {
      const [name, kind] = word.split(':');
      const quote = kind === 'i' ? '' : '"';
      const kindCode = kind === 'i' ? INTEGER : kind === 'd' ? DATE : STRING;
      plan.push({ before: Buffer.from(`${before}${name}":${quote}`), kind: kindCode });
      before = `${quote},"`;
    }
    if (nested !== undefined) before = `${before.startsWith('"') ? '"' : ''}},"`;
  }
  return plan;
}
