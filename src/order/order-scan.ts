import { isUtf8 } from 'node:buffer';
import { type Field, ORDER_FIELDS, type OrderFields } from './fields.ts';
import { FUTURE_ALLOWANCE_MS } from './validate.ts';

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

/** Every integer of so many digits is within ±(2^53−1). */
const MAX_DIGITS = 15;

/** The bytes before a field's value, and what kind of value it is. */
interface Step {
  readonly before: Uint8Array;
  readonly kind: number;
  /** Length of a text in bytes that is surely within its limits, which count characters. */
  readonly least: number;
  readonly most: number;
}

/**
 * Recognises an order in its message's bytes without building any object: it finds where each value starts and ends. It
 * handles the plain case only: the contract's fields in the contract's order, no white space, no backslash, a date as
 * `YYYY-MM-DDTHH:MM:SSZ`. decodeOrder accepts whatever it accepts, with the same values. What it does not recognise may
 * still be an order: decodeOrder decides.
 */
export class OrderScan {
  /** The bytes last scanned. */
  bytes: Buffer = Buffer.alloc(0);
  /** Start and end of each field's value (strings without their quotes), two entries a field. */
  readonly fields: Int32Array;
  /** The same of each item, one item after the other: `itemSize` entries an item. */
  itemFields: Int32Array;
  readonly itemSize: number;
  /** How many items there are. */
  items = 0;
  readonly #head: readonly Step[];
  readonly #item: readonly Step[];
  readonly #tail: readonly Step[];
  readonly #beforeItems: Uint8Array;
  readonly #itemEnd: Uint8Array;
  readonly #orderEnd: Uint8Array;
  readonly #maxItems: number;
  readonly #amount: number;
  readonly #deliveryCost: number;
  readonly #goodsTotal: number;
  readonly #customFee: number;
  readonly #totalPrice: number;
  #at = 0;
  #end = 0;
  #number = 0;
  #nonAscii = false;
  #start = 0;
  #goods = 0;
  /** Values of the integers, by their field. */
  readonly #numbers: Float64Array;
  readonly #itemNumbers: Float64Array;

  constructor(plan: OrderFields = ORDER_FIELDS) {
    const { order, item, head } = plan;
    const at = (fields: readonly Field[], pointer: string): number =>
      fields.findIndex((field) => field.pointer === pointer);
    this.fields = new Int32Array(2 * order.length);
    this.itemSize = 2 * item.length;
    this.itemFields = new Int32Array(16 * this.itemSize);
    this.#numbers = new Float64Array(order.length);
    this.#itemNumbers = new Float64Array(item.length);
    this.#head = order.slice(0, head).map(step);
    this.#item = item.map(step);
    this.#tail = order.slice(head).map(step);
    this.#beforeItems = Buffer.from(plan.beforeItems);
    this.#itemEnd = Buffer.from(plan.itemEnd);
    this.#orderEnd = Buffer.from(plan.end);
    this.#maxItems = plan.maxItems;
    this.#amount = at(order, '/payment/amount');
    this.#deliveryCost = at(order, '/payment/delivery_cost');
    this.#goodsTotal = at(order, '/payment/goods_total');
    this.#customFee = at(order, '/payment/custom_fee');
    this.#totalPrice = at(item, '/total_price');
  }

  /** The message last scanned: a view, which stays valid. */
  get message(): Buffer {
    return this.bytes.subarray(this.#start, this.#end);
  }

  /** The `order_uid` of the order last recognised. */
  get uid(): string {
    return this.bytes.toString('utf8', this.fields[0], this.fields[1]);
  }

  /**
   * Scans `length` bytes from `start`. `latest` is the last `date_created` allowed, as the number YYYYMMDDHHMMSS, UTC.
   * False: not recognised.
   */
  scan(bytes: Buffer, start: number, length: number, latest: number): boolean {
    this.bytes = bytes;
    this.#start = start;
    this.#at = start;
    this.#end = start + length;
    this.#nonAscii = false;
    return (
      this.#run(this.#head, this.fields, 0, this.#numbers, 0, latest) &&
      this.#literal(this.#beforeItems) &&
      this.#scanItems() &&
      this.#run(this.#tail, this.fields, this.#head.length, this.#numbers, this.#head.length, latest) &&
      this.#literal(this.#orderEnd) &&
      this.#at === this.#end &&
      this.#addsUp() &&
      (!this.#nonAscii || isUtf8(bytes.subarray(start, this.#end)))
    );
  }

  #scanItems(): boolean {
    this.items = 0;
    this.#goods = 0;
    const item = this.#item;
    while (this.items < this.#maxItems) {
      const base = this.items * item.length;
      if (this.itemFields.length < 2 * (base + item.length)) this.#grow();
      if (!this.#run(item, this.itemFields, base, this.#itemNumbers, 0, 0)) return false;
      if (!this.#literal(this.#itemEnd)) return false;
      this.items += 1;
      this.#goods += this.#itemNumbers[this.#totalPrice] ?? 0;
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
      } else if (!this.#string(step.least, step.most)) {
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
  #string(least: number, most: number): boolean {
    const bytes = this.bytes;
    const from = this.#at;
    const limit = Math.min(this.#end, from + most + 1);
    for (let at = from; at < limit; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.#at = at;
        return at - from >= least;
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
      year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59;
    return plain && ((((year * 100 + month) * 100 + day) * 100 + hour) * 100 + minute) * 100 + second <= latest;
  }

  #pair(at: number): number {
    const tens = (this.bytes[at] as number) - ZERO;
    const ones = (this.bytes[at + 1] as number) - ZERO;
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
  }

  #addsUp(): boolean {
    const numbers = this.#numbers;
    const goods = numbers[this.#goodsTotal] ?? 0;
    return (
      this.#goods === goods &&
      numbers[this.#amount] === goods + (numbers[this.#deliveryCost] ?? 0) + (numbers[this.#customFee] ?? 0)
    );
  }
}

/** The last `date_created` allowed at `now`, ms since the Unix epoch, in the form OrderScan takes. */
export function latestDate(now: number): number {
  const limit = new Date(Math.floor(now / 1000) * 1000 + FUTURE_ALLOWANCE_MS);
  return Number(limit.toISOString().slice(0, 19).replace(/\D/g, ''));
}

const KINDS = { text: STRING, integer: INTEGER, instant: DATE };

/** A character has one to four bytes. */
function step({ before, kind, minLength, maxLength }: Field): Step {
  return { before: Buffer.from(before), kind: KINDS[kind], least: Math.max(0, 4 * minLength - 3), most: maxLength };
}
