import { useMemo, useSyncExternalStore } from 'react';
import { storageKey } from '../app/base.ts';
import {
  formatBytes,
  formatClock,
  formatDateTime,
  formatMoney,
  formatNumber,
  formatPercent,
  formatSpan,
  formatSpans,
  formatTime,
  type Language,
} from './format.ts';

const KEY = storageKey('language');
const listeners = new Set<() => void>();
let current: Language = remembered() ?? preferred();

/** The language of the console: the one chosen last, otherwise the browser's. */
export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => current);
}

/** Tells the browser which language the document is in. */
export function markLanguage(): void {
  document.documentElement.lang = current;
}

/** Changes it for every page, and for the next visit. */
export function setLanguage(language: Language): void {
  current = language;
  markLanguage();
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // A browser that stores nothing forgets it.
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

/** Texts of one part of the console, in every language. */
export type Dictionary<T> = Readonly<Record<Language, T>>;

/** English texts and their Russian counterparts: the compiler reports missing ones. */
export function dictionary<T>(en: T, ru: NoInfer<T>): Dictionary<T> {
  return { en, ru };
}

/** The texts in the chosen language. */
export function useTexts<T>(texts: Dictionary<T>): T {
  return texts[useLanguage()];
}

/** Numbers, money and times as the reader writes them. */
export interface Format {
  readonly language: Language;
  readonly number: (value: number, digits?: number) => string;
  readonly percent: (percent: number, digits?: number) => string;
  /** Minor units. */
  readonly money: (minor: number, currency: string, display?: 'symbol' | 'narrow') => string;
  readonly dateTime: (instant: string | number) => string;
  readonly time: (instant: string | number) => string;
  /** Without the seconds of a whole minute. */
  readonly clock: (ms: number) => string;
  readonly span: (ms: number) => string;
  /** In one unit for all of them. */
  readonly spans: (ms: readonly number[]) => string[];
  readonly bytes: (bytes: number) => string;
}

/** In the chosen language, and in the browser's region if the browser has the same language. */
export function useFormat(): Format {
  const language = useLanguage();
  return useMemo(() => {
    const own = navigator.language;
    const locale = own.toLowerCase().startsWith(language) ? own : language;
    return {
      language,
      number: (value, digits) => formatNumber(value, locale, digits),
      percent: (percent, digits) => formatPercent(percent, locale, digits),
      money: (minor, currency, display) => formatMoney(minor, currency, display, locale),
      dateTime: (instant) => formatDateTime(instant, locale),
      time: (instant) => formatTime(instant, locale),
      clock: (ms) => formatClock(ms, locale),
      span: (ms) => formatSpan(ms, language),
      spans: (ms) => formatSpans(ms, language),
      bytes: (bytes) => formatBytes(bytes, language),
    };
  }, [language]);
}
