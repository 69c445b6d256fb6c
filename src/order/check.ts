import type { Violation } from '../lib/violations.ts';
import { type DecodeOptions, decodeOrder } from './decode.ts';
import type { RejectionReason } from './rejection.ts';
import { orderViolations } from './violations.ts';

/** What the consumer would say of a message's value, and all that is wrong with it. */
export type OrderCheck =
  | { readonly accepted: true; readonly order_uid: string }
  | {
      readonly accepted: false;
      /** The code a dead letter would carry. */
      readonly reason: RejectionReason;
      readonly violations: readonly Violation[];
    };

/**
 * Holds a value against the order contract, by the very code that stores orders. Never throws. What only PostgreSQL can refuse is not
 * foreseen.
 */
export function checkOrder(value: Buffer | null, options: DecodeOptions): OrderCheck {
  const decoded = decodeOrder(value, options);
  if (decoded.ok) return { accepted: true, order_uid: decoded.order.order_uid };
  const { reason } = decoded;
  return {
    accepted: false,
    reason,
    violations: orderViolations(value ?? Buffer.alloc(0), decoded, options.now()),
  };
}
