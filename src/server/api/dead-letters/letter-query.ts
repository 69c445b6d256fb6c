import type { Static } from 'typebox';
import type { RejectionReason } from '../../../order/rejection.ts';
import { parseWhen } from '../../../order/when.ts';
import { badBody, badParameter } from '../../http/problem.ts';
import type { LetterFilterSchema } from './schemas.ts';

/** A place in a topic. */
export interface LetterPosition {
  readonly partition: number;
  readonly offset: number;
}

/** Which letters; instants are ms since the Unix epoch. */
export interface LetterQuery {
  readonly reasons?: readonly (RejectionReason | 'unknown')[];
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
}

export const BAD_CURSOR = 'is none of this topic, or the topic was re-created since';

/** The filter as it was asked for. @throws ProblemError for an instant that is none */
export function filterOf(
  { reason, since, until, key }: Static<typeof LetterFilterSchema>,
  place: 'query' | 'body',
  now: number,
): LetterQuery {
  const whenOf = (name: string, text: string): number => {
    const at = parseWhen(text, now);
    if (at !== undefined) return at;
    const message = 'must be RFC 3339, or an age such as 15m';
    throw place === 'body' ? badBody(`/filter/${name}`, message) : badParameter('query', name, message);
  };
  return {
    ...(reason && { reasons: reason }),
    ...(since !== undefined && { since: whenOf('since', since) }),
    ...(until !== undefined && { until: whenOf('until', until) }),
    ...(key !== undefined && { key }),
  };
}

/** `3:17`, as its schema has checked it. */
export function positionOf(text: string): LetterPosition {
  const [partition, offset] = text.split(':').map(Number);
  return { partition: partition ?? 0, offset: offset ?? 0 };
}
