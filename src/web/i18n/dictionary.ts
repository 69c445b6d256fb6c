import { type Language, useLanguage } from './language.ts';

/** Texts of one part of the console, in every language. */
export type Dictionary<T> = Readonly<Record<Language, T>>;

/** English texts and their Russian counterparts: the compiler finds what is missing. */
export function dictionary<T>(en: T, ru: NoInfer<T>): Dictionary<T> {
  return { en, ru };
}

/** The texts in the language that is chosen. */
export function useTexts<T>(texts: Dictionary<T>): T {
  return texts[useLanguage()];
}
