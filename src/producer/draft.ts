import type { Order } from '../order/order.ts';
import { type Customer, customerAt, deliveryOf } from './customers.ts';
import type { Choice } from './json-bytes.ts';
import { hex32, OrderUid } from './order-uid.ts';
import { drawProduct, type Product } from './products.ts';
import { Random } from './random.ts';

/** Thirty-two letters and digits, without those that look alike. */
export const TRACK_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** One drawn item, before it has a shape. Prices in minor units. */
export interface DraftItem {
  product: Product;
  size: Choice;
  chrtId: number;
  sale: number;
  price: number;
  totalPrice: number;
  /** The rid's 64 bits; its last digit is the item's position. */
  ridHigh: number;
  ridLow: number;
  status: number;
}

/** A drawn order, before it is an object or text. One is reused for all orders, so a draw makes no garbage of its own. */
export interface Draft {
  readonly uid: OrderUid;
  /** Twelve letters of five bits each: six of the one, six of the other. */
  trackHigh: number;
  trackLow: number;
  customer: Customer;
  currency: Choice;
  provider: Choice;
  bank: Choice;
  service: Choice;
  requestId: string;
  shardNumber: number;
  oofShard: string;
  createdAtMs: number;
  /** Unix seconds. */
  paidAt: number;
  deliveryCost: number;
  goodsTotal: number;
  customFee: number;
  itemCount: number;
  readonly items: DraftItem[];
}

const NOTHING: Choice = { text: '', json: new Uint8Array(0) };

/** A draft with room for ten items; everything in it waits to be overwritten. */
export function emptyDraft(): Draft {
  const random = new Random();
  const product = drawProduct(random);
  const item = {
    product,
    size: NOTHING,
    chrtId: 0,
    sale: 0,
    price: 0,
    totalPrice: 0,
    ridHigh: 0,
    ridLow: 0,
    status: 0,
  };
  return {
    uid: new OrderUid(),
    trackHigh: 0,
    trackLow: 0,
    customer: customerAt(0, 0),
    currency: NOTHING,
    provider: NOTHING,
    bank: NOTHING,
    service: NOTHING,
    requestId: '',
    shardNumber: 0,
    oofShard: '',
    createdAtMs: 0,
    paidAt: 0,
    deliveryCost: 0,
    goodsTotal: 0,
    customFee: 0,
    itemCount: 0,
    items: Array.from({ length: 10 }, () => ({ ...item })),
  };
}

/** The draft as an order of its own: nothing in it is shared with the draft. */
export function draftToOrder(draft: Draft): Order {
  const { customer } = draft;
  const orderUid = draft.uid.toString();
  const trackNumber = `${customer.market.entry}${letters(draft.trackHigh)}${letters(draft.trackLow)}`;
  return {
    order_uid: orderUid,
    track_number: trackNumber,
    entry: customer.market.entry,
    delivery: deliveryOf(customer),
    payment: {
      transaction: orderUid,
      request_id: draft.requestId,
      currency: draft.currency.text,
      provider: draft.provider.text,
      amount: draft.goodsTotal + draft.deliveryCost + draft.customFee,
      payment_dt: draft.paidAt,
      bank: draft.bank.text,
      delivery_cost: draft.deliveryCost,
      goods_total: draft.goodsTotal,
      custom_fee: draft.customFee,
    },
    items: draft.items.slice(0, draft.itemCount).map((item, at) => ({
      chrt_id: item.chrtId,
      track_number: trackNumber,
      price: item.price,
      rid: `${hex32(item.ridHigh)}${hex32(item.ridLow)}${at}test`,
      name: item.product.name,
      sale: item.sale,
      size: item.size.text,
      total_price: item.totalPrice,
      nm_id: item.product.nmId,
      brand: item.product.brand,
      status: item.status,
    })),
    locale: customer.market.language,
    internal_signature: '',
    customer_id: `c${hex32(customer.idBits)}`,
    delivery_service: draft.service.text,
    shardkey: String(customer.shard),
    sm_id: draft.shardNumber,
    date_created: instantText(draft.createdAtMs),
    oof_shard: draft.oofShard,
  };
}

function letters(bits: number): string {
  let text = '';
  for (let shift = 0; shift < 30; shift += 5) text += TRACK_LETTERS[(bits >>> shift) & 31];
  return text;
}

/** RFC 3339 in whole seconds. */
export function instantText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
