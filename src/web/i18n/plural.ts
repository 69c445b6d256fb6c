import type { Language } from './language.ts';

const RULES = { en: new Intl.PluralRules('en'), ru: new Intl.PluralRules('ru') };
const NUMBERS = { en: new Intl.NumberFormat('en'), ru: new Intl.NumberFormat('ru') };

/** `1 order`, `1,200 orders`. */
export function countEn(number: number, one: string, other: string): string {
  return counted('en', number, { one, other });
}

/** `1 заказ`, `2 заказа`, `5 заказов`. */
export function countRu(number: number, one: string, few: string, many: string): string {
  return counted('ru', number, { one, few, other: many });
}

interface Forms {
  readonly one: string;
  readonly few?: string;
  readonly other: string;
}

function counted(language: Language, number: number, forms: Forms): string {
  const rule = RULES[language].select(number);
  const form = rule === 'one' ? forms.one : rule === 'few' ? (forms.few ?? forms.other) : forms.other;
  return `${NUMBERS[language].format(number)} ${form}`;
}
