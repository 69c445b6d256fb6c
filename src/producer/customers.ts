import { ByteWriter, utf8 } from '../lib/byte-writer.ts';
import { MARKETS, type Market, type Name, type Place } from './markets.ts';
import { before, stretch } from './order-json.ts';
import { AliasTable, hash32, Random, zipfWeights } from './random.ts';

/** How many customers a seed has. */
const CUSTOMERS = 65_536;
/** Flattens the head of the law: the busiest customer makes about 1 % of the orders. */
export const CUSTOMER_SHIFT = 10;

/** A customer, with the same name, address and phone in every order. */
export interface Customer {
  readonly seed: number;
  readonly rank: number;
  /** The 32 bits of the customer_id. */
  readonly idBits: number;
  readonly market: Market;
  /** The order's JSON up to the request_id, with blanks for what differs between orders. */
  readonly headJson: Uint8Array;
  /** 0..9 */
  readonly shard: number;
}

const CACHE_SLOTS = 8_192;
const STREAM = 0x637573;
const EMAIL_HOSTS = ['example.com', 'example.org', 'example.net', 'mail.example.com', 'post.example.org'];
const POSTCODE_LETTERS = 'ABDEFGHJLNPQRSTUWXYZ';
const DIGIT = 0x23;
const LETTER = 0x55;
const NAME = utf8(before('/delivery/name'));
const PHONE = utf8(before('/delivery/phone'));
const ZIP = utf8(before('/delivery/zip'));
const PAYMENT = utf8(stretch({ '/payment/transaction': `${'0'.repeat(15)}test` }, '/payment/request_id'));

const ranks = new AliasTable(zipfWeights(CUSTOMERS, CUSTOMER_SHIFT));
const markets = new AliasTable(MARKETS.map((market) => market.weight));
const random = new Random();
const out = new ByteWriter();
const cache: (Customer | undefined)[] = new Array(CACHE_SLOTS);

/** A customer's rank, 0 the busiest: Zipf–Mandelbrot, P(rank) ∝ 1 / (rank + 1 + CUSTOMER_SHIFT). */
export function drawCustomerRank(source: Random): number {
  return ranks.draw(source);
}

/** The customer of a rank (0..CUSTOMERS−1); depends on (seed, rank) alone. Busy ones are cached. */
export function customerAt(seed: number, rank: number): Customer {
  const kept = cache[rank % CACHE_SLOTS];
  if (kept !== undefined && kept.rank === rank && kept.seed === seed) return kept;
  const customer = makeCustomer(seed, rank);
  // A rare customer does not push a busy one out.
  if (kept === undefined || kept.seed !== seed || rank < kept.rank) cache[rank % CACHE_SLOTS] = customer;
  return customer;
}

/** The market that the customer of a rank is of. */
export function marketAt(seed: number, rank: number): Market {
  const kept = cache[rank % CACHE_SLOTS];
  return kept !== undefined && kept.rank === rank && kept.seed === seed ? kept.market : drawMarket(seed, rank);
}

function drawMarket(seed: number, rank: number): Market {
  random.reset(seed, rank, STREAM);
  const market = MARKETS[markets.draw(random)];
  if (market === undefined) throw new RangeError('no such market');
  return market;
}

function makeCustomer(seed: number, rank: number): Customer {
  const market = drawMarket(seed, rank);
  out.bytes(market.headJson);
  writeDelivery(market, random.pick(market.places));
  out.bytes(PAYMENT);
  const headJson = new Uint8Array(out.view(0, out.length));
  out.clear();
  return {
    seed,
    rank,
    idBits: hash32(seed, rank, STREAM + 1) | 0,
    market,
    headJson,
    shard: rank % 10,
  };
}

/** Draws and writes in one pass; the parts not escaped here are ASCII letters, digits, spaces and dashes. */
function writeDelivery(market: Market, place: Place): void {
  const female = random.below(2) === 0;
  const first = random.pick(female ? market.female : market.male);
  const lastNames = female ? market.lastFemale : market.lastMale;
  const last = random.pick(lastNames);
  out.bytes(NAME);
  writeName(market, first, last, random.pick(lastNames));
  out.bytes(PHONE);
  writePattern(place.phone);
  out.bytes(ZIP);
  writePattern(place.zip);
  out.bytes(place.cityJson);
  writeAddress(market);
  out.bytes(place.regionJson);
  writeEmail(first, last);
}

function writeName(market: Market, first: Name, last: Name, second: Name): void {
  const lastFirst = market.nameOrder === 'last';
  out.bytes(lastFirst ? last.json : first.json);
  out.byte(32);
  out.bytes(lastFirst ? first.json : last.json);
  if (market.nameOrder === 'two-last') {
    out.byte(32);
    out.bytes(second.json);
  }
}

function writePattern(pattern: string): void {
  for (let at = 0; at < pattern.length; at += 1) {
    const code = pattern.charCodeAt(at);
    if (code === DIGIT) out.byte(48 + random.below(10));
    else if (code === LETTER) out.byte(POSTCODE_LETTERS.charCodeAt(random.below(20)));
    else out.byte(code);
  }
}

function writeAddress(market: Market): void {
  const street = random.pick(market.streets);
  const block = random.between(1, 9);
  const house = random.between(1, random.pick([20, 60, 180]));
  const flat = random.between(1, 120);
  for (const { json, slot } of market.address) {
    out.bytes(json);
    if (slot === 'street') out.bytes(street);
    else if (slot === 'block') out.integer(block);
    else if (slot === 'n') out.integer(house);
    else if (slot === 'flat') out.integer(flat);
  }
}

/** At a host reserved for examples (RFC 2606), so no mail can ever reach anyone. */
function writeEmail(first: Name, last: Name): void {
  const host = random.pick(EMAIL_HOSTS);
  const number = random.below(3) === 0 ? random.between(1, 99) : 0;
  if (random.below(4) === 0) {
    out.byte(first.slug.charCodeAt(0));
  } else {
    out.ascii(first.slug);
    out.byte(46);
  }
  out.ascii(last.slug);
  if (number > 0) out.integer(number);
  out.byte(64);
  out.ascii(host);
}
