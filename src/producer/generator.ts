import type { Order } from '../order/order.ts';
import { ITEM_STATUS } from '../order/states.ts';
import { customerAt, drawCustomerRank } from './customers.ts';
import { type Draft, draftToBytes, emptyDraft } from './draft.ts';
import type { Life } from './life.ts';
import { hex32 } from './order-uid.ts';
import { drawProduct } from './products.ts';
import { AliasTable, Random } from './random.ts';

/** Where the clock of deterministic orders starts: 2024-01-01T00:00:00Z, ms since the Unix epoch. */
export const ORDER_EPOCH_MS = 1_704_067_200_000;
const YEAR_S = 31_622_400;

/** Which order, when it was made, and which version of it. */
export interface OrderSpec {
  /** 0..2³²−1. */
  readonly seed: number;
  /** 0..2⁵³−1; orders of one seed differ in their order_uid. */
  readonly index: number;
  /** date_created, ms since the Unix epoch; without it createdAtMs(index). */
  readonly createdAtMs?: number;
  /** Above 0: the same order (uid, customer, date) with other items and sums. */
  readonly revision?: number;
  /** Where its life is: gives the statuses of its items, and what they cost by now. Without it statuses are drawn. */
  readonly life?: Life | undefined;
}

const draft = emptyDraft();
const random = new Random();
// Half the orders have one item, the mean is 2.05.
const itemCounts = new AliasTable([500, 250, 120, 55, 30, 18, 11, 8, 5, 3]);
const sales = new AliasTable([30, 6, 12, 10, 12, 8, 12, 5, 3, 2]);
const SALES = [0, 5, 10, 15, 20, 25, 30, 40, 50, 70];
const STATUSES = [202, 202, 202, 202, 202, 202, 200, 201, 204, 100];

/** Deterministic orders are a second apart, in 2024, so they are never in the future; after a year they start over. */
export function createdAtMs(index: number): number {
  return ORDER_EPOCH_MS + (index % YEAR_S) * 1000;
}

/** The order of (seed, index): the same on every machine, whatever was generated before. */
export function orderAt(spec: OrderSpec): Order {
  return JSON.parse(orderBytes(spec).toString());
}

/** The same as compact JSON in UTF-8, byte for byte what JSON.stringify makes of it. */
export function orderBytes(spec: OrderSpec): Buffer {
  return draftToBytes(draw(spec));
}

function draw(spec: OrderSpec): Draft {
  const { seed, index, createdAtMs: created = createdAtMs(index), revision = 0, life } = spec;
  random.reset(seed, index, 0);
  const customer = customerAt(seed, drawCustomerRank(random));
  const { market } = customer;
  const abroad = random.below(100) < 8;
  draft.uid.set(seed, index);
  draft.trackHigh = random.bits();
  draft.trackLow = random.bits();
  draft.customer = customer;
  draft.currency = abroad ? market.foreignCurrency : market.currency;
  draft.provider = random.pick(market.providers);
  draft.bank = random.pick(market.banks);
  draft.service = random.pick(market.services);
  draft.requestId = random.below(10) === 0 ? `req-${hex32(random.bits())}` : '';
  draft.shardNumber = random.between(1, 99);
  draft.oofShard = random.below(2) === 0 ? '1' : '2';
  draft.createdAtMs = created;
  draft.paidAt = Math.floor(created / 1000) - random.between(2, 90);
  const factor = abroad ? 1 : market.priceFactor;
  draft.deliveryCost = random.below(4) === 0 ? 0 : Math.round(random.between(3, 20) * 50 * factor);
  if (revision > 0) random.reset(seed, index, revision);
  drawItems(draft, factor);
  if (life !== undefined) live(draft, life);
  draft.customFee = abroad ? Math.round(draft.goodsTotal / 20) : 0;
  return draft;
}

function drawItems(target: Draft, factor: number): void {
  const count = itemCounts.draw(random) + 1;
  target.itemCount = count;
  let goods = 0;
  for (let at = 0; at < count; at += 1) {
    const item = target.items[at];
    if (item === undefined) throw new RangeError('too many items');
    const product = drawProduct(random);
    const size = random.below(product.sizes.length);
    item.product = product;
    item.size = product.sizes[size] ?? item.size;
    item.chrtId = product.chrtId + size;
    item.sale = SALES[sales.draw(random)] ?? 0;
    item.price = Math.max(1, Math.round((product.cents * factor) / 10) * 10 - 1);
    item.totalPrice = Math.round((item.price * (100 - item.sale)) / 100);
    item.ridHigh = random.bits();
    item.ridLow = random.bits();
    item.status = STATUSES[random.below(STATUSES.length)] ?? 202;
    goods += item.totalPrice;
  }
  target.goodsTotal = goods;
}

/**
 * Gives the items the states that life has come to. Who has not paid yet has no time of payment; what is out of stock or
 * refunded costs nothing, and where nothing is left to pay for, neither does its delivery.
 */
function live(target: Draft, life: Life): void {
  const { createdAtMs: created, itemCount: count, items } = target;
  const { paidAfterMs } = life;
  target.paidAt = paidAfterMs === undefined ? 0 : Math.floor((created + paidAfterMs) / 1000);
  let goods = 0;
  for (let at = 0; at < count; at += 1) {
    const item = items[at];
    if (item === undefined) break;
    const state = life.itemState(at, count);
    item.status = ITEM_STATUS[state];
    if (state === 'out_of_stock' || state === 'refunded') item.totalPrice = 0;
    goods += item.totalPrice;
  }
  target.goodsTotal = goods;
  if (goods === 0) target.deliveryCost = 0;
}
