import { JSON_BOUNDS, jsonExcess } from '../lib/bounded-json.ts';
import { type Violation, violationsOf } from '../lib/violations.ts';
import { type DecodeOptions, decodeOrder } from './decode.ts';
import type { Rejection, RejectionReason } from './rejection.ts';
import { orderRuleViolations, orderSchemaErrors } from './validate.ts';

/** The consumer's verdict on a message's value, with everything that is wrong with it. */
export type OrderCheck =
  | { readonly accepted: true; readonly order_uid: string }
  | {
      readonly accepted: false;
      /** The code a dead letter would carry. */
      readonly reason: RejectionReason;
      readonly violations: readonly Violation[];
    };

/**
 * Checks a value against the order contract, with the code that stores orders. Never throws. It does not foresee what
 * only PostgreSQL refuses.
 */
export function checkOrder(value: Buffer | null, options: DecodeOptions): OrderCheck {
  const decoded = decodeOrder(value, options);
  if (decoded.ok) return { accepted: true, order_uid: decoded.order.order_uid };
  const { reason } = decoded;
  return { accepted: false, reason, violations: orderViolations(value ?? Buffer.alloc(0), decoded, options.now()) };
}

/**
 * Everything that is wrong with a rejected order, by place: what its schema says, and what the rules beyond types say of
 * the fields that match it. `value` is the order's JSON as it was rejected, `now` ms since the Unix epoch. Slow: the
 * write path stops at the first reason.
 */
export function orderViolations(value: Buffer, rejection: Rejection, now: number): Violation[] {
  const only = [fromDetail(rejection.detail)];
  // Too long or too complex to check, or not JSON at all.
  if (['tombstone', 'too_large', 'invalid_utf8', 'not_json'].includes(rejection.reason)) return only;
  if (jsonExcess(value, JSON_BOUNDS) !== undefined) return only;
  const order: unknown = JSON.parse(value.toString('utf8'));
  const against = orderRuleViolations(order, now).map(({ detail }) => fromDetail(detail));
  const all = [...violationsOf(orderSchemaErrors(order)), ...against];
  return all.length > 0 ? all : only;
}

/** `/payment/amount: is 1` → its pointer and its message. */
function fromDetail(detail: string): Violation {
  const at = detail.indexOf(': ');
  const pointer = detail.slice(0, at);
  return { pointer: pointer === '/' ? '' : pointer, message: detail.slice(at + 2) };
}
