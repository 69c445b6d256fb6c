import { useState } from 'react';
import { storageKey } from '../app/base.ts';

/**
 * A text that survives going to another page and loading the page anew; it is kept while the tab is open, or for good
 * when `forGood`. An empty one is forgotten.
 */
export function useKept(name: string, { forGood = false } = {}): [text: string, set: (text: string) => void] {
  const [text, setText] = useState(() => kept(name, forGood));
  const set = (next: string) => {
    setText(next);
    try {
      const store = forGood ? localStorage : sessionStorage;
      if (next === '') store.removeItem(storageKey(name));
      else store.setItem(storageKey(name), next);
    } catch {
      // Where nothing can be stored, or this is too long, the page at least shows it.
    }
  };
  return [text, set];
}

function kept(name: string, forGood: boolean): string {
  try {
    return (forGood ? localStorage : sessionStorage).getItem(storageKey(name)) ?? '';
  } catch {
    return '';
  }
}
