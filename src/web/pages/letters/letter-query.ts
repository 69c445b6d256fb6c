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
  /** An age of AGES, or RFC 3339. */
  readonly since?: string;
  /** RFC 3339. */
  readonly until?: string;
  readonly key?: string;
}

/** The page's query → its filter; invalid ones are left out. */
export function filterOf(query: URLSearchParams): LetterFilter {
  const reason = REASONS.find((one) => one === query.get('reason'));
  const since = AGES.find((one) => one !== '' && one === query.get('since')) ?? instantOf(query.get('since'));
  const until = instantOf(query.get('until'));
  const key = query.get('key') ?? '';
  return {
    ...(reason !== undefined && { reason: [reason] }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(key !== '' && { key }),
  };
}

/** RFC 3339 in UTC, as Date writes it; undefined for anything else. */
function instantOf(text: string | null): string | undefined {
  const at = Date.parse(text ?? '');
  return !Number.isNaN(at) && new Date(at).toISOString() === text ? text : undefined;
}

/** What a redrive of the filter's letters asks for. */
export function redriveOf(filter: LetterFilter, dry_run: boolean): RedriveRequest {
  return Object.keys(filter).length === 0 ? { all: true, dry_run } : { filter, dry_run };
}
