import { CLOSE_LIST, CLOSE_OBJECT, COLON, COMMA, OPEN_LIST, OPEN_OBJECT, QUOTE } from '../lib/json-bytes.ts';
import { type Field, ORDER_FIELDS, type OrderFields } from './fields.ts';
import { formatInstantMicros, instantNumber, parseInstantMicros } from './instant.ts';
import { JsonCursor } from './json-cursor.ts';
import { type Member, planOf } from './scan-plan.ts';
import { type OrderState, orderStateOf, stateBit } from './states.ts';
import { FUTURE_ALLOWANCE_MS } from './validate.ts';

/**
 * Recognises an order in its message's bytes without building any object: it finds where each value starts and ends. It
 * takes the members of an object in any order, white space, escapes in texts, and every RFC 3339 date. decodeOrder
 * accepts whatever it accepts, with the same values. What it does not recognise may still be an order: decodeOrder
 * decides.
 */
export class OrderScan extends JsonCursor {
  /**
   * Start and end of each field's value (strings without their quotes), two entries a field. Where the start is
   * negative, the value is in `rewritten`, from `~start` up to the end.
   */
  readonly fields: Int32Array;
  /** The same of each item, one item after the other: `itemSize` entries an item. */
  itemFields: Int32Array;
  readonly itemSize: number;
  /** How many items there are. */
  items = 0;
  readonly #order: Member;
  readonly #maxItems: number;
  readonly #amount: number;
  readonly #deliveryCost: number;
  readonly #goodsTotal: number;
  readonly #customFee: number;
  readonly #totalPrice: number;
  readonly #status: number;
  #latest = 0;
  #start = 0;
  #goods = 0;
  #states = 0;
  /** Values of the integers, by their field. */
  readonly #numbers: Float64Array;
  readonly #itemNumbers: Float64Array;

  constructor(plan: OrderFields = ORDER_FIELDS) {
    super();
    const { order, item } = plan;
    const at = (fields: readonly Field[], pointer: string): number =>
      fields.findIndex((field) => field.pointer === pointer);
    this.fields = new Int32Array(2 * order.length);
    this.itemSize = 2 * item.length;
    this.itemFields = new Int32Array(16 * this.itemSize);
    this.#numbers = new Float64Array(order.length);
    this.#itemNumbers = new Float64Array(item.length);
    this.#order = planOf(plan);
    this.#maxItems = plan.maxItems;
    this.#amount = at(order, '/payment/amount');
    this.#deliveryCost = at(order, '/payment/delivery_cost');
    this.#goodsTotal = at(order, '/payment/goods_total');
    this.#customFee = at(order, '/payment/custom_fee');
    this.#totalPrice = at(item, '/total_price');
    this.#status = at(item, '/status');
  }

  /** The message last scanned: a view, which stays valid. */
  get message(): Buffer {
    return this.bytes.subarray(this.#start, this.end);
  }

  /** The state of the order last recognised. */
  get state(): OrderState {
    return orderStateOf(this.#states);
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
    this.begin(bytes, start, start + length);
    this.#start = start;
    this.#latest = latest;
    return (
      this.#object(this.#order.members, this.fields, 0, this.#numbers) &&
      this.atEnd() &&
      // The uid is read from the message.
      (this.fields[0] as number) >= 0 &&
      this.#addsUp() &&
      this.isUtf8(start)
    );
  }

  /** All members, each once; positions go to `out` from field `base` on, integers to `numbers`. */
  #object(members: Member[], out: Int32Array, base: number, numbers: Float64Array): boolean {
    if (!this.mark(OPEN_OBJECT)) return false;
    const last = members.length - 1;
    for (let index = 0; index <= last; index++) {
      let member: Member | undefined = members[index] as Member;
      if (!this.literal(member.before)) {
        member = this.#name(members, index);
        if (member === undefined) return false;
      }
      if (!this.#value(member, out, base, numbers)) return false;
      if (!this.mark(index === last ? CLOSE_OBJECT : COMMA)) return false;
    }
    return true;
  }

  /**
   * Up to the value of the member whose name is next, which is none of those before `index`. It changes places with the
   * one expected there, so that the next message of the same sender is read without a search.
   */
  #name(members: Member[], index: number): Member | undefined {
    if (!this.mark(QUOTE)) return undefined;
    for (let place = index; place < members.length; place++) {
      const member = members[place] as Member;
      if (!this.literal(member.name)) continue;
      members[place] = members[index] as Member;
      members[index] = member;
      if (!this.mark(COLON)) return undefined;
      if (member.isText) return this.mark(QUOTE) ? member : undefined;
      this.skipSpace();
      return member;
    }
    return undefined;
  }

  #value(member: Member, out: Int32Array, base: number, numbers: Float64Array): boolean {
    const { kind, field } = member;
    if (kind === 'object') return this.#object(member.members, out, base, numbers);
    if (kind === 'items') return this.#list(member.members);
    if (kind === 'integer') {
      if (!this.integer()) return false;
      numbers[field] = this.number;
    } else if (!this.string(member.least, member.most) || (kind === 'instant' && !this.#date())) {
      return false;
    }
    out[2 * (base + field)] = this.from;
    out[2 * (base + field) + 1] = this.to;
    return true;
  }

  #list(members: Member[]): boolean {
    this.items = 0;
    this.#goods = 0;
    this.#states = 0;
    if (!this.mark(OPEN_LIST)) return false;
    while (this.items < this.#maxItems) {
      if (this.itemFields.length < this.itemSize * (this.items + 1)) this.#grow();
      const base = this.items * members.length;
      if (!this.#object(members, this.itemFields, base, this.#itemNumbers)) return false;
      this.items += 1;
      this.#goods += this.#itemNumbers[this.#totalPrice] ?? 0;
      this.#states |= stateBit(this.#itemNumbers[this.#status] ?? 0);
      if (!this.mark(COMMA)) return this.mark(CLOSE_LIST);
    }
    return false;
  }

  #grow(): void {
    const larger = new Int32Array(this.itemFields.length * 2);
    larger.set(this.itemFields);
    this.itemFields = larger;
  }

  /** The string last read is a date. */
  #date(): boolean {
    const from = this.from;
    if (from < 0) return false;
    return (this.to - from === 20 && instantNumber(this.bytes, from) <= this.#latest) || this.#otherDate(from);
  }

  #otherDate(from: number): boolean {
    const micros = parseInstantMicros(this.bytes.toString('latin1', from, this.to));
    if (micros === undefined) return false;
    const text = formatInstantMicros(micros);
    // Within the last second decodeOrder decides.
    if (Number(text.slice(0, 19).replace(/\D/g, '')) >= this.#latest) return false;
    this.from = ~this.rewritten.length;
    this.rewritten.ascii(text);
    this.to = this.rewritten.length;
    return true;
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
