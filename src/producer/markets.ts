import { utf8 } from '../lib/byte-writer.ts';
import marketData from './data/markets.json' with { type: 'json' };
import nameData from './data/names.json' with { type: 'json' };
import { escaped, stretch } from './order-json.ts';

/** A name as JSON, and in the ASCII letters of an e-mail address. */
export interface Name {
  readonly json: Uint8Array;
  readonly slug: string;
}

export interface Place {
  /** A delivery's JSON from after the zip to before the address, and from there to before the e-mail address. */
  readonly cityJson: Uint8Array;
  readonly regionJson: Uint8Array;
  /** ASCII; `#` is for a digit, `U` for a capital letter that British postcodes end with. */
  readonly phone: string;
  readonly zip: string;
}

/** Part of an address: JSON, and what follows it. */
interface AddressPart {
  readonly json: Uint8Array;
  /** `street`, `block`, `n`, `flat`, or nothing at the end. */
  readonly slot: string;
}

/** What belongs together in one country: names, places, means of payment. */
export interface Market {
  /** BCP 47, such as `en-GB`: unlike the language, it tells all markets apart. */
  readonly locale: string;
  /** ISO 639-1, the order's `locale`. */
  readonly language: string;
  /** Share of the customers, relative to the other markets. */
  readonly weight: number;
  /** Minor units of the currency for one US cent. */
  readonly priceFactor: number;
  /** Four letters. */
  readonly entry: string;
  /** An order's JSON from its start to the end of the entry, with blanks for the order_uid and the track number. */
  readonly headJson: Uint8Array;
  /** An order's JSON from its last item's status to within the customer_id. */
  readonly tailJson: Uint8Array;
  /** An item's JSON from its start to before the price, with blanks for the chrt_id and the track number. */
  readonly itemJson: Uint8Array;
  readonly nameOrder: string;
  readonly address: readonly AddressPart[];
  /** The payment's JSON from after the request_id to the end of the currency. */
  readonly currency: Uint8Array;
  readonly foreignCurrency: Uint8Array;
  /** The payment's JSON from after the currency to before the amount. */
  readonly providers: readonly Uint8Array[];
  /** The payment's JSON from after the date to before the delivery cost. */
  readonly banks: readonly Uint8Array[];
  /** The order's JSON from after the customer_id to before the shard key. */
  readonly services: readonly Uint8Array[];
  readonly places: readonly Place[];
  readonly male: readonly Name[];
  readonly female: readonly Name[];
  readonly lastMale: readonly Name[];
  readonly lastFemale: readonly Name[];
  readonly streets: readonly Uint8Array[];
}

const BLANK_UID = '0'.repeat(15);
const BLANK_TRACK = '0'.repeat(12);
const BLANK_CHRT_ID = '0'.repeat(7);

/**
 * The markets orders come from. Names and streets are drawn from the locale data of @faker-js/faker (MIT licence);
 * phone numbers are, where the country reserves such numbers, those for drama use (Ofcom, ARCEP, Bundesnetzagentur,
 * NANP 555-01xx).
 */
export const MARKETS: readonly Market[] = marketData.map((market) => {
  const lists = new Map(Object.entries(nameData)).get(market.locale);
  if (lists === undefined) throw new Error(`no names for ${market.locale}`);
  const { locale, language, weight, priceFactor, entry, nameOrder } = market;
  const track = `${entry}${BLANK_TRACK}`;
  return {
    locale,
    language,
    weight,
    priceFactor,
    entry,
    headJson: utf8(stretch({ '/order_uid': `${BLANK_UID}test`, '/track_number': track, '/entry': entry })),
    tailJson: utf8(stretch({ '/locale': language, '/internal_signature': '', '/customer_id': 'c' })),
    itemJson: utf8(stretch({ '/items/chrt_id': BLANK_CHRT_ID, '/items/track_number': track }, '/items/price')),
    nameOrder,
    address: parseAddress(market.address),
    currency: currency(market.currency),
    foreignCurrency: currency(market.currency === 'USD' ? 'EUR' : 'USD'),
    providers: market.providers.map((name) => utf8(stretch({ '/payment/provider': name }, '/payment/amount'))),
    banks: market.banks.map((name) => utf8(stretch({ '/payment/bank': name }, '/payment/delivery_cost'))),
    services: market.services.map((name) => utf8(stretch({ '/delivery_service': name }, '/shardkey'))),
    places: market.places.split(';').map((line) => parsePlace(line, market.phone)),
    male: lists.male.split(';').map(parseName),
    female: lists.female.split(';').map(parseName),
    lastMale: lists.lastMale.split(';').map(parseName),
    lastFemale: lists.lastFemale.split(';').map(parseName),
    streets: lists.streets.split(';').map((street) => utf8(escaped(street))),
  };
});

function currency(code: string): Uint8Array {
  return utf8(stretch({ '/payment/currency': code }));
}

function parsePlace(line: string, phone: string): Place {
  const [city = '', region = '', zip = '', area = ''] = line.split('|');
  return {
    cityJson: utf8(stretch({ '/delivery/city': city }, '/delivery/address')),
    regionJson: utf8(stretch({ '/delivery/region': region }, '/delivery/email')),
    phone: phone.replace('{area}', area),
    zip,
  };
}

/** `{street}, {n}` and the like. */
function parseAddress(template: string): AddressPart[] {
  return template.split('}').map((part) => {
    const [text = '', slot = ''] = part.split('{');
    return { json: utf8(escaped(text)), slot };
  });
}

function parseName(entry: string): Name {
  const [text = '', slug = text.toLowerCase()] = entry.split('|');
  return { json: utf8(escaped(text)), slug };
}
