import {
  FAULT_NAMES,
  type FaultName,
  type FaultRates,
  isFaultName,
  type SpoilingFault,
} from '../contract/generator.ts';
import { AppError } from '../lib/app-error.ts';
import type { Order } from '../order/order.ts';
import { hash32 } from './random.ts';

const STREAM = 0x666c74;
const REACH = 64;

/**
 * `malformed=0.5%,duplicate=0.05` → rates. A share is a percentage or a fraction.
 * @throws AppError `usage` naming every problem: unknown names, shares out of range, more than 100 % together
 */
export function parseFaults(text: string): FaultRates {
  const rates = new Map<FaultName, number>();
  const problems: string[] = [];
  for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
    const [name = '', share = '', ...rest] = part.split('=').map((piece) => piece.trim());
    const rate = parseShare(share);
    if (!isFaultName(name)) problems.push(`unknown fault "${name}"; allowed: ${FAULT_NAMES.join(', ')}`);
    else if (rate === undefined || rest.length > 0) {
      problems.push(`"${part.trim()}": write it as ${name}=0.5% or ${name}=0.005, from 0 to 100 %`);
    } else if (rates.has(name)) problems.push(`"${name}" stands twice`);
    else rates.set(name, rate);
  }
  const total = rates.values().reduce((sum, rate) => sum + rate, 0);
  if (total > 1 + 1e-9) problems.push(`the shares add up to ${(total * 100).toFixed(2)} %, more than 100 %`);
  if (problems.length > 0) throw new AppError('usage', `--faults: ${problems.join('; ')}`);
  return rates;
}

/** `0.5%`, `0.005` → 0.005; undefined for what is no share from 0 to 1. */
export function parseShare(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text);
  if (match === null) return undefined;
  const rate = Number(match[1]) / (match[2] === '%' ? 100 : 1);
  return rate <= 1 ? rate : undefined;
}

/** Faults from an index on, to the next span. */
export interface FaultSpan {
  readonly from: number;
  readonly rates: FaultRates;
}

/** Faults that are the same for all indexes, or spans by where they begin, the first at 0. */
export type Faults = FaultRates | readonly FaultSpan[];

export function spansOf(faults: Faults): readonly FaultSpan[] {
  return 'size' in faults ? [{ from: 0, rates: faults }] : faults;
}

/** Which index has which fault: depends on (seed, index) and the rates alone. */
export class FaultPlan {
  readonly #seed: number;
  /** By where they begin, the last first. */
  readonly #spans: readonly { readonly from: number; readonly limits: readonly (readonly [FaultName, number])[] }[];
  readonly #changes: boolean;

  constructor(seed: number, faults: Faults) {
    const spans = spansOf(faults);
    this.#seed = seed;
    this.#changes = spans.some(({ rates }) => rates.has('changed'));
    this.#spans = spans.map(({ from, rates }) => ({ from, limits: limitsOf(rates) })).reverse();
  }

  /** The fault the plan has for the index. */
  faultAt(index: number): FaultName | undefined {
    const draw = hash32(this.#seed, index, STREAM);
    for (const { from, limits } of this.#spans) {
      if (index < from) continue;
      for (const [name, limit] of limits) if (draw < limit) return name;
      return undefined;
    }
    return undefined;
  }

  /** A number that depends on the index, to choose among a fault's varieties. */
  varietyAt(index: number): number {
    return hash32(this.#seed, index, STREAM + 1);
  }

  /** How many indexes later an out_of_order message is sent, 1..64. */
  delayAt(index: number): number {
    return 1 + (this.varietyAt(index) % REACH);
  }

  /**
   * The faultless earlier index, not below `first`, that a duplicate or changed message repeats; undefined when none is
   * near. An order that is ever changed is never resent unchanged.
   */
  targetOf(index: number, fault: 'duplicate' | 'changed', first: number): number | undefined {
    const parity = fault === 'changed' ? 1 : 0;
    const from = index - this.delayAt(index);
    for (let target = from; target >= Math.max(first, from - REACH); target -= 1) {
      if (this.varietyAt(target) >>> 31 === parity && this.faultAt(target) === undefined) return target;
    }
    return undefined;
  }

  /** The last index below `before` that sends this one changed; undefined when none does. */
  lastChangeOf(index: number, before: number, first: number): number | undefined {
    if (!this.#changes || this.varietyAt(index) >>> 31 === 0) return undefined;
    for (let at = Math.min(before - 1, index + 2 * REACH); at > index; at -= 1)
      if (this.faultAt(at) === 'changed' && this.targetOf(at, 'changed', first) === index) return at;
    return undefined;
  }
}

function limitsOf(rates: FaultRates): (readonly [FaultName, number])[] {
  let sum = 0;
  return FAULT_NAMES.map((name) => {
    sum += rates.get(name) ?? 0;
    return [name, Math.round(sum * 4_294_967_296)] as const;
  });
}

const OVERSIZE_BYTES = 600_000;

/**
 * The order's bytes, spoilt by this fault alone; `variety`, any 32-bit number, chooses among the ways to do that. Null
 * is a tombstone.
 */
export function spoil(fault: SpoilingFault, order: Order, variety: number): Buffer | null {
  if (fault === 'tombstone') return null;
  if (fault === 'malformed') return Buffer.from(malformed(JSON.stringify(order), variety));
  if (fault === 'invalid_utf8') return invalidUtf8(order);
  return Buffer.from(JSON.stringify(spoiltObject(fault, order, variety)));
}

type ObjectFault = Exclude<SpoilingFault, 'tombstone' | 'malformed' | 'invalid_utf8'>;

function spoiltObject(fault: ObjectFault, order: Order, variety: number): unknown {
  const { delivery, payment } = order;
  switch (fault) {
    case 'unknown_field':
      return variety % 2 === 0
        ? { ...order, coupon: 'WELCOME10' }
        : { ...order, delivery: { ...delivery, floor: (variety % 30) + 1 } };
    case 'type_mismatch':
      return mismatched(order, variety);
    case 'integer_range':
      return { ...order, payment: { ...payment, amount: 2 ** 53 + 2 } };
    case 'sums_mismatch':
      return variety % 2 === 0
        ? { ...order, payment: { ...payment, amount: payment.amount + 1 + (variety % 100) } }
        : { ...order, payment: { ...payment, goods_total: payment.goods_total - 1 } };
    case 'invalid_date':
      return { ...order, date_created: variety % 2 === 0 ? '2024-02-30T12:00:00Z' : 'yesterday' };
    case 'future_date':
      return {
        ...order,
        date_created: `2${900 + (variety % 100)}${order.date_created.slice(4)}`.replace('02-29', '02-28'),
      };
    case 'nul':
      return { ...order, delivery: { ...delivery, name: `${delivery.name}\u0000` } };
    case 'surrogate':
      return {
        ...order,
        delivery: { ...delivery, city: `${delivery.city}${variety % 2 === 0 ? '\ud83d' : '\ude00'}` },
      };
    case 'oversize':
      return { ...order, delivery: { ...delivery, address: 'x'.repeat(OVERSIZE_BYTES) } };
  }
}

function malformed(json: string, variety: number): string {
  const ways = [
    json.slice(0, Math.floor((json.length * (10 + (variety % 80))) / 100)),
    json.slice(0, -1),
    `${json},`,
    json.replaceAll('"', "'"),
    json.replace('{"order_uid":', '{order_uid:'),
    `${json}${json}`,
    'order',
    '',
  ];
  return ways[(variety >>> 8) % ways.length] ?? '';
}

function mismatched(order: Order, variety: number): unknown {
  const { delivery, payment, items, ...rest } = order;
  const ways: unknown[] = [
    { ...order, payment: { ...payment, amount: String(payment.amount) } },
    { ...order, items: Object.fromEntries(items.entries()) },
    { ...rest, payment, items },
    { ...order, items: items.map((item) => ({ ...item, price: item.price + 0.5 })) },
    { ...order, delivery: { ...delivery, name: null } },
    { ...order, order_uid: 17 },
    { ...order, items: [] },
    [order],
  ];
  return ways[(variety >>> 8) % ways.length];
}

/** A byte that no UTF-8 text has (RFC 3629 section 3), inside the recipient's name. */
function invalidUtf8(order: Order): Buffer {
  const marker = '~~';
  const bytes = Buffer.from(JSON.stringify({ ...order, delivery: { ...order.delivery, name: marker } }));
  bytes[bytes.indexOf(marker)] = 0xff;
  return bytes;
}
