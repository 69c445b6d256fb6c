import { useMemo } from 'react';
import { ruleOf } from '../../order/wording.ts';
import { useLanguage, useTexts } from './language.ts';
import { problemTexts } from './problems.ts';
import { wordedIn, wordingTexts } from './wording.ts';

/** What is wrong with something, in the reader's language; what this console does not know stays as it is. */
export interface Wording {
  /** `must be integer` → `must be a whole number` */
  readonly message: (text: string) => string;
  /** Of a rejected message: `/payment/amount: is missing` */
  readonly detail: (text: string) => string;
  /** The code of a rejection, or of an error of the service. */
  readonly reason: (code: string) => string;
}

/** Texts in the chosen language for what the API words in English. */
export function useWording(): Wording {
  const language = useLanguage();
  const texts = useTexts(wordingTexts);
  const problems = useTexts(problemTexts);
  return useMemo(() => {
    const said = (text: string) => wordedIn(language, texts, text);
    // Of one value several things may be wrong.
    const message = (text: string) => (ruleOf(text) === undefined ? text.split('; ').map(said).join('; ') : said(text));
    const reasons: Readonly<Record<string, string>> = texts.reasons;
    return {
      message,
      detail: (text) => {
        const [, pointer, said] = /^(\/[^:]*): (.*)$/s.exec(text) ?? [];
        if (said === undefined) return message(text);
        return pointer === '/' ? message(said) : `${pointer}: ${message(said)}`;
      },
      reason: (code) => reasons[code] ?? problems[code.replaceAll('_', '-')]?.[0] ?? code,
    };
  }, [language, texts, problems]);
}
