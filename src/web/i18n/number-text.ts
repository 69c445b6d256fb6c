import type { Language } from './format.ts';

/**
 * A number as people write it → its value: `10 000`, `10,000`, `1,5`, `1.5`. A separator that could group or begin a
 * fraction, as in `1,000`, means what it means in the language. Undefined for any other text, an empty one too.
 */
export function parseNumber(text: string, language: Language): number | undefined {
  // Groups may be set off by spaces, narrow and non-breaking ones, too.
  const plain = text.trim().replace(/(?<=\d)[\s'’_](?=\d{3}(?!\d))/g, '');
  const separators = plain.match(/[.,]/g) ?? [];
  const [first, last] = [separators[0], separators.at(-1)];
  const isGrouped = /^-?[1-9]\d{0,2}([.,]\d{3})+$/.test(plain);
  // Of two kinds the last is the decimal one; one kind twice only groups.
  const groups =
    first !== last
      ? first
      : isGrouped && (separators.length > 1 || (language === 'en' && last === ','))
        ? last
        : undefined;
  const decimal = (groups === undefined ? plain : plain.replaceAll(groups, '')).replace(',', '.');
  return /^-?\d+(\.\d+)?$/.test(decimal) ? Number(decimal) : undefined;
}

/** A number as a field shows it: without groups, with the language's decimal separator. */
export function numberText(value: number, language: Language): string {
  return new Intl.NumberFormat(language, { useGrouping: false, maximumFractionDigits: 10 }).format(value);
}

/** The numbers that a field takes. */
export interface Limits {
  readonly least: number;
  readonly most: number;
  readonly whole?: true;
  /** It may be empty. */
  readonly optional?: true;
}

/** Why a text is refused. */
export type Refusal =
  | { readonly kind: 'not_a_number' | 'not_whole' }
  | { readonly kind: 'out_of_range'; readonly least: number; readonly most: number };

/** Undefined for an empty text, where there may be one. */
export function readNumber(text: string, limits: Limits, language: Language): number | Refusal | undefined {
  const { least, most, whole = false, optional = false } = limits;
  if (optional && text.trim() === '') return undefined;
  const value = parseNumber(text, language);
  if (value === undefined) return { kind: 'not_a_number' };
  if (whole && !Number.isSafeInteger(value)) return { kind: 'not_whole' };
  return value < least || value > most ? { kind: 'out_of_range', least, most } : value;
}
