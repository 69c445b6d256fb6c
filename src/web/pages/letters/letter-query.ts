import type { RedriveRequest } from '../../../client/schema.generated.ts';
import { REJECTION_REASONS } from '../../../order/rejection.ts';

/**
 * The letters that the address asks for, as a filter of the API: `since` is one of AGES or RFC 3339, `until` RFC 3339.
 */
export type LetterQuery = Readonly<NonNullable<RedriveRequest['filter']>>;
export type Reason = NonNullable<LetterQuery['reason']>[number];

/** The reasons a message may have been rejected for. */
export const REASONS: readonly Reason[] = [...REJECTION_REASONS, 'unknown'];

export const AGES = ['', '15m', '1h', '1d', '7d'] as const;

/** The page's query → its filter; invalid ones are left out. */
export function filterOfQuery(query: URLSearchParams): LetterQuery {
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

/** The API takes so many positions at once. */
export const MOST_POSITIONS = 500;

/** Letters by their positions; without any, those of the filter. */
export interface LetterScope {
  readonly filter: LetterQuery;
  readonly positions: readonly string[];
}

/** Which letters a redrive request is for. */
export function redriveOf({ filter, positions }: LetterScope): RedriveRequest {
  if (positions.length > 0) return { positions: [...positions] };
  return Object.keys(filter).length === 0 ? { all: true } : { filter };
}

/** The filter as the query of an address of the API. */
export function toLetterQuery({ reason = [], ...rest }: LetterQuery): URLSearchParams {
  return new URLSearchParams([...reason.map((one) => ['reason', one]), ...Object.entries(rest)]);
}
