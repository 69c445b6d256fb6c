import type { Delivery } from '../order/order.ts';
import { jsonBytes, textOfBytes } from './json-bytes.ts';
import { fillPattern, MARKETS, type Market, type Name } from './markets.ts';
import { hex32 } from './order-uid.ts';
import { AliasTable, hash32, Random, zipfWeights } from './random.ts';

/** How many customers a seed has. */
export const CUSTOMERS = 65_536;
/** Flattens the head of the law: the busiest customer makes about 1 % of the orders. */
export const CUSTOMER_SHIFT = 10;

/** Someone who orders: the same person, address and phone at every order. */
export interface Customer {
  readonly id: string;
  readonly market: Market;
  /** The delivery as JSON, see jsonBytes. */
  readonly deliveryBytes: string;
  /** The order's JSON from after the track number to before the transaction, and from after the items to before the service. */
  readonly headBytes: string;
  readonly tailBytes: string;
  readonly shardKey: string;
}

const CACHE_SLOTS = 32_768;
const STREAM = 0x637573;
const EMAIL_HOSTS = ['example.com', 'example.org', 'example.net', 'mail.example.com', 'post.example.org'];

const ranks = new AliasTable(zipfWeights(CUSTOMERS, CUSTOMER_SHIFT));
const markets = new AliasTable(MARKETS.map((market) => market.weight));
const random = new Random();
const cache: ({ seed: number; rank: number; customer: Customer } | undefined)[] = new Array(CACHE_SLOTS);

/** A customer's rank, 0 the busiest: Zipf–Mandelbrot, P(rank) ∝ 1 / (rank + 1 + CUSTOMER_SHIFT). */
export function drawCustomerRank(source: Random): number {
  return ranks.draw(source);
}

/** The customer of a rank (0..CUSTOMERS−1): a function of (seed, rank) alone. The busy ones are kept. */
export function customerAt(seed: number, rank: number): Customer {
  const kept = cache[rank % CACHE_SLOTS];
  if (kept !== undefined && kept.rank === rank && kept.seed === seed) return kept.customer;
  const customer = makeCustomer(seed, rank);
  // A rare customer does not push a busy one out.
  if (kept === undefined || kept.seed !== seed || rank < kept.rank) {
    cache[rank % CACHE_SLOTS] = { seed, rank, customer };
  }
  return customer;
}

/** The customer's delivery as an object of its own. */
export function deliveryOf(customer: Customer): Delivery {
  const delivery: Delivery = JSON.parse(textOfBytes(customer.deliveryBytes));
  return delivery;
}

function makeCustomer(seed: number, rank: number): Customer {
  random.reset(seed, rank, STREAM);
  const market = MARKETS[markets.draw(random)];
  if (market === undefined) throw new RangeError('no such market');
  const place = random.pick(market.places);
  const female = random.below(2) === 0;
  const first = random.pick(female ? market.female : market.male);
  const lastNames = female ? market.lastFemale : market.lastMale;
  const last = random.pick(lastNames);
  const delivery: Delivery = {
    name: fullName(market, first, last, random.pick(lastNames)),
    phone: fillPattern(market.phone.replace('{area}', place.area), random),
    zip: fillPattern(place.zip, random),
    city: place.city,
    address: market.address
      .replace('{street}', random.pick(market.streets))
      .replace('{block}', String(random.between(1, 9)))
      .replace('{n}', String(random.between(1, random.pick([20, 60, 180]))))
      .replace('{flat}', String(random.between(1, 120))),
    region: place.region,
    email: email(first, last),
  };
  const id = `c${hex32(hash32(seed, rank, STREAM + 1))}`;
  const deliveryBytes = jsonBytes(delivery);
  return {
    id,
    market,
    deliveryBytes,
    headBytes: `","entry":"${market.entry}","delivery":${deliveryBytes},"payment":{"transaction":"`,
    tailBytes: `],"locale":"${market.language}","internal_signature":"","customer_id":"${id}","delivery_service":"`,
    shardKey: String(rank % 10),
  };
}

function fullName(market: Market, first: Name, last: Name, second: Name): string {
  if (market.nameOrder === 'last') return `${last.text} ${first.text}`;
  if (market.nameOrder === 'two-last') return `${first.text} ${last.text} ${second.text}`;
  return `${first.text} ${last.text}`;
}

/** At a host reserved for examples (RFC 2606), so no mail can ever reach anyone. */
function email(first: Name, last: Name): string {
  const host = random.pick(EMAIL_HOSTS);
  const number = random.below(3) === 0 ? String(random.between(1, 99)) : '';
  if (random.below(4) === 0) return `${first.slug.slice(0, 1)}${last.slug}${number}@${host}`;
  return `${first.slug}.${last.slug}${number}@${host}`;
}
