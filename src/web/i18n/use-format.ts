import { useMemo } from 'react';
import { formatBytes, formatDateTime, formatMoney, formatNumber, formatSpan, formatTime } from './format.ts';
import { type Language, useLanguage } from './language.ts';

/** Numbers, money and times as the reader writes them. */
export interface Format {
  readonly language: Language;
  readonly number: (value: number, digits?: number) => string;
  /** Minor units. */
  readonly money: (minor: number, currency: string, display?: 'symbol' | 'narrow') => string;
  readonly dateTime: (instant: string | number) => string;
  readonly time: (instant: string | number) => string;
  readonly span: (ms: number) => string;
  readonly bytes: (bytes: number) => string;
}

/** By the language that is chosen, in the region of the browser where that has the same language. */
export function useFormat(): Format {
  const language = useLanguage();
  return useMemo(() => {
    const own = navigator.language;
    const locale = own.toLowerCase().startsWith(language) ? own : language;
    return {
      language,
      number: (value, digits) => formatNumber(value, locale, digits),
      money: (minor, currency, display) => formatMoney(minor, currency, display, locale),
      dateTime: (instant) => formatDateTime(instant, locale),
      time: (instant) => formatTime(instant, locale),
      span: (ms) => formatSpan(ms, language),
      bytes: (bytes) => formatBytes(bytes, language),
    };
  }, [language]);
}
