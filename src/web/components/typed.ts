import { useEffect, useState } from 'react';
import { setQuery, usePlace } from '../app/navigation.tsx';
import { useKept } from './kept.ts';

const ADDRESS_MS = 400;

/** How what is typed into a form goes into a query, and comes back. */
export interface TypedQuery<T> {
  /** The parameters it may have. */
  readonly names: readonly string[];
  readonly toQuery: (typed: T) => URLSearchParams;
  readonly ofQuery: (query: URLSearchParams) => T;
}

/** What was typed into a form: kept in the address and, while another page is open, in the tab under a name. */
export function useTyped<T extends object>(
  name: string,
  { names, toQuery, ofQuery }: TypedQuery<T>,
): [typed: T, set: (typed: T) => void] {
  const { query } = usePlace();
  const [kept, keep] = useKept(name);
  const [typed, setTyped] = useState(() => {
    const linked = ofQuery(query);
    return Object.keys(linked).length > 0 ? linked : ofQuery(new URLSearchParams(kept));
  });
  const text = String(toQuery(typed));
  useEffect(() => {
    // Browsers refuse an address that changes with every key.
    const timer = setTimeout(() => {
      const none = Object.fromEntries(names.map((one) => [one, undefined]));
      setQuery({ ...none, ...Object.fromEntries(new URLSearchParams(text)) });
    }, ADDRESS_MS);
    return () => clearTimeout(timer);
  }, [text, names]);
  const set = (next: T) => {
    keep(String(toQuery(next)));
    setTyped(next);
  };
  return [typed, set];
}
