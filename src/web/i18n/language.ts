import { useSyncExternalStore } from 'react';
import { storageKey } from '../app/base.ts';

export type Language = 'en' | 'ru';

const KEY = storageKey('language');
const listeners = new Set<() => void>();
let current: Language = remembered() ?? preferred();
document.documentElement.lang = current;

/** The language of the console: the one chosen last, otherwise the browser's. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current);
}

/** Changes it for every page, and for the next visit. */
export function setLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language;
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // A browser that keeps nothing forgets this, too.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function remembered(): Language | undefined {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'en' || kept === 'ru' ? kept : undefined;
  } catch {
    return undefined;
  }
}

function preferred(): Language {
  return navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en';
}
