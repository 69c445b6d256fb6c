/** Why a message is not an order: a closed set, written into the dead letter's `dl-reason` header. */
export const REJECTION_REASONS = [
  'not_json',
  'schema',
  'unknown_field',
  'sums_mismatch',
  'integer_range',
  'invalid_date',
  'future_date',
  'nul_character',
  'lone_surrogate',
  'invalid_utf8',
  'too_large',
  'tombstone',
  'database_rejected',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** A rejected message: the code for machines, where and what for people. */
export interface Rejection {
  readonly ok: false;
  readonly reason: RejectionReason;
  /** JSON Pointer (RFC 6901) of the offending value, then the message; never the whole order. */
  readonly detail: string;
}

export function isRejectionReason(value: string): value is RejectionReason {
  return (REJECTION_REASONS as readonly string[]).includes(value);
}
