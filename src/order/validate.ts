import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { escapePointer } from '../lib/violations.ts';
import { formatInstantMicros, isPlainInstant, parseInstantMicros } from './instant.ts';
import { MAX_EXACT_INTEGER, type Order, OrderSchema } from './order.ts';
import type { Rejection, RejectionReason } from './rejection.ts';

/** An order that meets the contract. */
export interface Accepted {
  readonly ok: true;
  readonly order: Order;
  /** True when no string of it can hold a backslash or a control character, see ValidateOptions. */
  readonly plainStrings: boolean;
}

export type Validated = Accepted | Rejection;

export interface ValidateOptions {
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
  /**
   * True when the source bytes hold no backslash: such JSON can't spell U+0000 or a lone surrogate (RFC 8259
   * section 7) nor a control character, so the strings need no check.
   */
  readonly plainStrings?: boolean;
}

const NOT_A_DATE = 'is not an RFC 3339 date-time of the years 0001 to 9999';
/** How far ahead of the clock `date_created` may be. */
export const FUTURE_ALLOWANCE_MS = 86_400_000;
// The date is checked below, exactly and for less than the schema's format check costs.
const schema = Compile(
  Type.Object(
    { ...OrderSchema.properties, date_created: Type.String({ maxLength: 40 }) },
    { additionalProperties: false },
  ),
);

/** Checks a parsed JSON value against the whole order contract. Never throws. */
export function validateOrder(value: unknown, options: ValidateOptions): Validated {
  if (!schema.Check(value)) return explainSchema(value);
  const order: Order = value;
  const plainStrings = options.plainStrings === true;
  return (
    (plainStrings ? undefined : checkStrings(order, '')) ??
    checkGoodsTotal(order) ??
    checkAmount(order) ??
    checkDate(order, options.now()) ?? { ok: true, order, plainStrings }
  );
}

/** Every way in which a value breaks the schema. A rule, not the schema, checks the form of the date. */
export function orderSchemaErrors(value: unknown): TLocalizedValidationError[] {
  return schema.Check(value) ? [] : schema.Errors(value);
}

/** Every rule beyond types that a value breaks; none for a value that does not match the schema. */
export function orderRuleViolations(value: unknown, now: number): Rejection[] {
  if (!schema.Check(value)) return [];
  const found = [checkStrings(value, ''), checkGoodsTotal(value), checkAmount(value), checkDate(value, now)];
  return found.filter((one) => one !== undefined);
}

export function reject(reason: RejectionReason, path: string, message: string): Rejection {
  return { ok: false, reason, detail: `${path === '' ? '/' : path}: ${message}` };
}

/** Slow path: the first problem, with the most specific reason for it. */
function explainSchema(value: unknown): Rejection {
  const errors = schema.Errors(value);
  const unknown = errors.find((error) => error.keyword === 'additionalProperties');
  if (unknown?.keyword === 'additionalProperties') {
    const name = unknown.params.additionalProperties[0] ?? '';
    return reject('unknown_field', `${unknown.instancePath}/${escapePointer(name)}`, 'is not a field of an order');
  }
  const bad = errors.find((error) => error.keyword !== 'boolean') ?? errors[0];
  if (bad === undefined) return reject('schema', '', 'is not an order');
  // When there are very many unknown fields, TypeBox does not list them; it only reports their false schemas.
  if (bad.keyword === 'boolean') return reject('unknown_field', bad.instancePath, 'is not a field of an order');
  if ((bad.keyword === 'minimum' || bad.keyword === 'maximum') && bad.instancePath !== '') {
    return reject('integer_range', bad.instancePath, `must be within ±${MAX_EXACT_INTEGER}`);
  }
  const missing = bad.keyword === 'required' ? `: ${bad.params.requiredProperties.join(', ')}` : '';
  return reject('schema', bad.instancePath, `${bad.message}${missing}`);
}

/** PostgreSQL text can't hold U+0000; UTF-8 can't hold a surrogate without its pair. */
function checkStrings(value: unknown, path: string): Rejection | undefined {
  if (typeof value === 'string') {
    if (value.includes('\u0000')) return reject('nul_character', path, 'holds U+0000');
    if (!value.isWellFormed()) return reject('lone_surrogate', path, 'holds a surrogate without its pair');
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const bad = checkStrings(child, `${path}/${key}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}

function checkGoodsTotal({ payment, items }: Order): Rejection | undefined {
  let total = 0;
  for (const item of items) total += item.total_price;
  if (total === payment.goods_total) return undefined;
  const message = `is ${payment.goods_total}, the items add up to ${total}`;
  return reject('sums_mismatch', '/payment/goods_total', message);
}

function checkAmount({ payment }: Order): Rejection | undefined {
  const amount = payment.goods_total + payment.delivery_cost + payment.custom_fee;
  if (amount === payment.amount) return undefined;
  const message = `is ${payment.amount}, goods_total + delivery_cost + custom_fee is ${amount}`;
  return reject('sums_mismatch', '/payment/amount', message);
}

// Plain instants compare as text, so the limit is kept as text, renewed once a second.
let limitSecond = Number.NaN;
let limitText = '';

function checkDate(order: Order, now: number): Rejection | undefined {
  const text = order.date_created;
  const second = Math.floor(now / 1000);
  if (second !== limitSecond) {
    limitText = formatInstantMicros(BigInt(second * 1000 + FUTURE_ALLOWANCE_MS) * 1000n);
    limitSecond = second;
  }
  if (isPlainInstant(text) && text <= limitText) return undefined;
  const micros = parseInstantMicros(text);
  if (micros === undefined) {
    return reject('invalid_date', '/date_created', NOT_A_DATE);
  }
  if (micros > BigInt(now + FUTURE_ALLOWANCE_MS) * 1000n) {
    return reject('future_date', '/date_created', 'is more than a day in the future');
  }
  return undefined;
}
