import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { escapePointer } from '../lib/violations.ts';
import { formatInstantMicros, isPlainInstant, parseInstantMicros } from './instant.ts';
import { MAX_EXACT_INTEGER, type Order, OrderSchema } from './order.ts';
import type { Rejection, RejectionReason } from './rejection.ts';
import { RULES, worded } from './wording.ts';

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

const { payment, items, date_created } = schema.Type().properties;
const summed = Compile(Type.Object({ payment, items }));
const dated = Compile(Type.Object({ date_created }));

/** Every rule beyond types that a value breaks, as far as the fields it is about match the schema. */
export function orderRuleViolations(value: unknown, now: number): Rejection[] {
  const found = [checkStrings(value, '')];
  if (summed.Check(value)) found.push(checkGoodsTotal(value), checkAmount(value));
  if (dated.Check(value)) found.push(checkDate(value, now));
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
    return reject('unknown_field', `${unknown.instancePath}/${escapePointer(name)}`, RULES.unknown_field);
  }
  const bad = errors.find((error) => error.keyword !== 'boolean') ?? errors[0];
  if (bad === undefined) return reject('schema', '', RULES.no_order);
  // When there are very many unknown fields, TypeBox does not list them; it only reports their false schemas.
  if (bad.keyword === 'boolean') return reject('unknown_field', bad.instancePath, RULES.unknown_field);
  if ((bad.keyword === 'minimum' || bad.keyword === 'maximum') && bad.instancePath !== '') {
    return reject('integer_range', bad.instancePath, worded('integer_range', { limit: MAX_EXACT_INTEGER }));
  }
  if (bad.keyword === 'required') {
    const name = bad.params.requiredProperties[0] ?? '';
    return reject('schema', `${bad.instancePath}/${escapePointer(name)}`, RULES.missing);
  }
  return reject('schema', bad.instancePath, bad.message);
}

/** PostgreSQL text can't hold U+0000; UTF-8 can't hold a surrogate without its pair. */
function checkStrings(value: unknown, path: string): Rejection | undefined {
  if (typeof value === 'string') {
    if (value.includes('\u0000')) return reject('nul_character', path, RULES.nul);
    if (!value.isWellFormed()) return reject('lone_surrogate', path, RULES.surrogate);
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const bad = checkStrings(child, `${path}/${key}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}

function checkGoodsTotal({ payment, items }: Pick<Order, 'payment' | 'items'>): Rejection | undefined {
  let total = 0;
  for (const item of items) total += item.total_price;
  if (total === payment.goods_total) return undefined;
  const message = worded('goods_total', { is: payment.goods_total, sum: total });
  return reject('sums_mismatch', '/payment/goods_total', message);
}

function checkAmount({ payment }: Pick<Order, 'payment'>): Rejection | undefined {
  const amount = payment.goods_total + payment.delivery_cost + payment.custom_fee;
  if (amount === payment.amount) return undefined;
  const message = worded('amount', { is: payment.amount, sum: amount });
  return reject('sums_mismatch', '/payment/amount', message);
}

// Plain instants compare as text, so the limit is kept as text, renewed once a second.
let limitSecond = Number.NaN;
let limitText = '';

function checkDate(order: Pick<Order, 'date_created'>, now: number): Rejection | undefined {
  const text = order.date_created;
  const second = Math.floor(now / 1000);
  if (second !== limitSecond) {
    limitText = formatInstantMicros(BigInt(second * 1000 + FUTURE_ALLOWANCE_MS) * 1000n);
    limitSecond = second;
  }
  if (isPlainInstant(text) && text <= limitText) return undefined;
  const micros = parseInstantMicros(text);
  if (micros === undefined) {
    return reject('invalid_date', '/date_created', RULES.date);
  }
  if (micros > BigInt(now + FUTURE_ALLOWANCE_MS) * 1000n) {
    return reject('future_date', '/date_created', RULES.future);
  }
  return undefined;
}
