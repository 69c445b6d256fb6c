import type { DeadLetterSummary, RedriveRequest } from '../../../client/schema.generated.ts';

export type Reason = DeadLetterSummary['reason'];

/** Why a message may have been rejected. */
export const REASONS: readonly Reason[] = [
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
  'unknown',
];

export const AGES = ['', '15m', '1h', '1d', '7d'] as const;

/** Which letters the address asks for, as the API takes it. */
export interface LetterFilter {
  readonly reason?: Reason[];
  readonly since?: string;
  readonly key?: string;
}

/** The page's query → its filter; what is none is left out. */
export function filterOf(query: URLSearchParams): LetterFilter {
  const reason = REASONS.find((one) => one === query.get('reason'));
  const since = AGES.find((one) => one !== '' && one === query.get('since'));
  const key = query.get('key') ?? '';
  return {
    ...(reason !== undefined && { reason: [reason] }),
    ...(since !== undefined && { since }),
    ...(key !== '' && { key }),
  };
}

/** What a redrive of the filter's letters asks for. */
export function redriveOf(filter: LetterFilter, dry_run: boolean): RedriveRequest {
  return Object.keys(filter).length === 0 ? { all: true, dry_run } : { filter, dry_run };
}
