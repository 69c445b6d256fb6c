import marketData from './data/markets.json' with { type: 'json' };
import nameData from './data/names.json' with { type: 'json' };
import { type Choice, choice, jsonText, utf8 } from './json-bytes.ts';

/** A name as it is written, in JSON, and as the ASCII letters of an e-mail address. */
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
export interface AddressPart {
  readonly json: Uint8Array;
  /** `street`, `block`, `n`, `flat`, or nothing at the end. */
  readonly slot: string;
}

/** What belongs together in one country: how people are called, where they live, how they pay. */
export interface Market {
  /** ISO 639-1, the order's `locale`. */
  readonly language: string;
  /** Share of the customers, relative to the other markets. */
  readonly weight: number;
  /** Minor units of the currency for one US cent. */
  readonly priceFactor: number;
  /** Four letters. */
  readonly entry: string;
  /** An order's JSON from its start to before the delivery; the order_uid and the track number wait to be filled in. */
  readonly headJson: Uint8Array;
  /** An order's JSON from its last item's status to within the customer_id. */
  readonly tailJson: Uint8Array;
  /** An item's JSON from its start to before the price; the chrt_id and the track number wait to be filled in. */
  readonly itemJson: Uint8Array;
  readonly nameOrder: string;
  readonly address: readonly AddressPart[];
  /** With the payment's JSON from after the request_id to the currency's last letter. */
  readonly currency: Choice;
  readonly foreignCurrency: Choice;
  /** With the payment's JSON from after the currency to before the amount. */
  readonly providers: readonly Choice[];
  /** With the payment's JSON from after the date to before the delivery cost. */
  readonly banks: readonly Choice[];
  /** With the order's JSON from after the customer_id to before the shard key. */
  readonly services: readonly Choice[];
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
 * The markets orders come from. Names and streets are drawn from the locale data of @faker-js/faker (MIT licence); phone
 * numbers are, where the country reserves such numbers, those for drama use (Ofcom, ARCEP, Bundesnetzagentur, NANP 555-01xx).
 */
export const MARKETS: readonly Market[] = marketData.map((market) => {
  const lists = new Map(Object.entries(nameData)).get(market.locale);
  if (lists === undefined) throw new Error(`no names for ${market.locale}`);
  const { language, weight, priceFactor, entry, nameOrder } = market;
  return {
    language,
    weight,
    priceFactor,
    entry,
    headJson: utf8(
      `{"order_uid":"${BLANK_UID}test","track_number":"${entry}${BLANK_TRACK}","entry":"${entry}","delivery":`,
    ),
    tailJson: utf8(`],"locale":"${language}","internal_signature":"","customer_id":"c`),
    itemJson: utf8(`{"chrt_id":${BLANK_CHRT_ID},"track_number":"${entry}${BLANK_TRACK}","price":`),
    nameOrder,
    address: parseAddress(market.address),
    currency: currency(market.currency),
    foreignCurrency: currency(market.currency === 'USD' ? 'EUR' : 'USD'),
    providers: market.providers.map((name) => choice('","provider":"', name, '","amount":')),
    banks: market.banks.map((name) => choice(',"bank":"', name, '","delivery_cost":')),
    services: market.services.map((name) => choice('","delivery_service":"', name, '","shardkey":"')),
    places: market.places.split(';').map((line) => parsePlace(line, market.phone)),
    male: lists.male.split(';').map(parseName),
    female: lists.female.split(';').map(parseName),
    lastMale: lists.lastMale.split(';').map(parseName),
    lastFemale: lists.lastFemale.split(';').map(parseName),
    streets: lists.streets.split(';').map(jsonText),
  };
});

function currency(code: string): Choice {
  return choice('","currency":"', code, '');
}

function parsePlace(line: string, phone: string): Place {
  const [city = '', region = '', zip = '', area = ''] = line.split('|');
  return {
    cityJson: utf8(`","city":${JSON.stringify(city)},"address":"`),
    regionJson: utf8(`","region":${JSON.stringify(region)},"email":"`),
    phone: phone.replace('{area}', area),
    zip,
  };
}

/** `{street}, {n}` and the like. */
function parseAddress(template: string): AddressPart[] {
  return template.split('}').map((part) => {
    const [text = '', slot = ''] = part.split('{');
    return { json: jsonText(text), slot };
  });
}

function parseName(entry: string): Name {
  const [text = '', slug = text.toLowerCase()] = entry.split('|');
  return { json: jsonText(text), slug };
}
