import marketData from './data/markets.json' with { type: 'json' };
import nameData from './data/names.json' with { type: 'json' };
import type { Random } from './random.ts';

/** A name as it is written, and as the ASCII letters of an e-mail address. */
export interface Name {
  readonly text: string;
  readonly slug: string;
}

export interface Place {
  readonly city: string;
  readonly region: string;
  /** A pattern for fillPattern. */
  readonly zip: string;
  /** Telephone area code; empty where the market's phone pattern has none. */
  readonly area: string;
}

/** What belongs together in one country: how people are called, where they live, how they pay. */
export interface Market {
  readonly locale: string;
  /** ISO 639-1, the order's `locale`. */
  readonly language: string;
  /** Share of the customers, relative to the other markets. */
  readonly weight: number;
  readonly currency: string;
  /** Minor units of the currency for one US cent. */
  readonly priceFactor: number;
  readonly entry: string;
  readonly phone: string;
  readonly address: string;
  readonly nameOrder: string;
  readonly services: readonly string[];
  readonly providers: readonly string[];
  readonly banks: readonly string[];
  readonly places: readonly Place[];
  readonly male: readonly Name[];
  readonly female: readonly Name[];
  readonly lastMale: readonly Name[];
  readonly lastFemale: readonly Name[];
  readonly streets: readonly string[];
}

/**
 * The markets orders come from. Names and streets are drawn from the locale data of @faker-js/faker (MIT licence); phone
 * numbers are, where the country reserves such numbers, those for drama use (Ofcom, ARCEP, Bundesnetzagentur, NANP 555-01xx).
 */
export const MARKETS: readonly Market[] = marketData.map((market) => {
  const lists = new Map(Object.entries(nameData)).get(market.locale);
  if (lists === undefined) throw new Error(`no names for ${market.locale}`);
  return {
    ...market,
    places: market.places.split(';').map((line) => {
      const [city = '', region = '', zip = '', area = ''] = line.split('|');
      return { city, region, zip, area };
    }),
    male: lists.male.split(';').map(parseName),
    female: lists.female.split(';').map(parseName),
    lastMale: lists.lastMale.split(';').map(parseName),
    lastFemale: lists.lastFemale.split(';').map(parseName),
    streets: lists.streets.split(';'),
  };
});

function parseName(entry: string): Name {
  const [text = '', slug = text.toLowerCase()] = entry.split('|');
  return { text, slug };
}

/** `#` becomes a digit, `U` a capital letter that British postcodes end with; the rest stays. */
export function fillPattern(pattern: string, random: Random): string {
  let filled = '';
  for (const char of pattern) {
    if (char === '#') filled += random.below(10);
    else if (char === 'U') filled += 'ABDEFGHJLNPQRSTUWXYZ'[random.below(20)];
    else filled += char;
  }
  return filled;
}
