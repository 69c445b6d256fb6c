import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { checkOrder } from '../api/check-order.ts';
import { refetchEvery } from '../api/queries.ts';
import { jsonErrorOf } from './json-error.ts';
import { lineAndColumn, placeFinder, type Span, syntaxErrorIn } from './json-places.ts';

/** Something that is wrong with the text, and where. */
export interface Issue {
  readonly pointer: string;
  readonly message: string;
  readonly span: Span;
  readonly line: number;
  readonly column: number;
}

/** What is known of a text that should be an order. */
export type OrderVerdict =
  | { readonly state: 'blank' | 'checking' | 'unknown' }
  | { readonly state: 'accepted'; readonly uid: string }
  | { readonly state: 'wrong'; readonly isJson: boolean; readonly issues: readonly Issue[] };

const TYPING_MS = 300;

/** Follows the text while it is typed: at once whether it is JSON, and a moment later, from the server, whether it is a valid order. */
export function useOrderCheck(text: string): OrderVerdict {
  const isBlank = text.trim() === '';
  const broken = useMemo(() => (isBlank ? undefined : brokenAt(text)), [text, isBlank]);
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const isSettled = settled === text;
  const { data, error } = useQuery({
    queryKey: ['order-check', settled],
    queryFn: ({ signal }) => checkOrder(settled, signal),
    enabled: isSettled && !isBlank && broken === undefined,
    refetchInterval: refetchEvery(),
    staleTime: 60_000,
    gcTime: 10_000,
  });
  return useMemo(() => {
    if (isBlank) return { state: 'blank' };
    if (broken !== undefined) return { state: 'wrong', isJson: false, issues: [broken] };
    if (!isSettled) return { state: 'checking' };
    if (data === undefined) return { state: error === null ? 'checking' : 'unknown' };
    if (data.accepted) return { state: 'accepted', uid: data.order_uid ?? '' };
    const find = placeFinder(text);
    const issues = (data.violations ?? []).map(({ pointer, message }): Issue => {
      const span = find(pointer);
      return { pointer, message, span, ...lineAndColumn(text, span.from) };
    });
    return { state: 'wrong', isJson: true, issues };
  }, [text, isBlank, broken, isSettled, data, error]);
}

function brokenAt(text: string): Issue | undefined {
  const message = jsonErrorOf(text);
  if (message === undefined) return undefined;
  const span = syntaxErrorIn(text) ?? { from: 0, to: Math.min(1, text.length) };
  return { pointer: '', message, span, ...lineAndColumn(text, span.from) };
}
