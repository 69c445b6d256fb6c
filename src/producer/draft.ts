import { ByteWriter, utf8 } from '../lib/byte-writer.ts';
import { ORDER_FIELDS } from '../order/fields.ts';
import { type Customer, customerAt } from './customers.ts';
import { before, stretch } from './order-json.ts';
import { OrderUid } from './order-uid.ts';
import { drawProduct, type Product } from './products.ts';
import { Random } from './random.ts';

/** Thirty-two letters and digits, without those that look alike. */
const LETTERS = utf8('ABCDEFGHJKLMNPQRSTUVWXYZ23456789');

/** One drawn item, before it has a shape. Prices in minor units. */
interface DraftItem {
  product: Product;
  /** As JSON with what stands around it, as the market's choices below. */
  size: Uint8Array;
  chrtId: number;
  sale: number;
  price: number;
  totalPrice: number;
  /** The rid's 64 bits; its last digit is the item's position. */
  ridHigh: number;
  ridLow: number;
  status: number;
}

/** A drawn order, before it is written. One is reused for all orders, so that drawing makes no garbage. */
export interface Draft {
  readonly uid: OrderUid;
  /** Twelve letters of five bits each: six of the one, six of the other. */
  trackHigh: number;
  trackLow: number;
  customer: Customer;
  currency: Uint8Array;
  provider: Uint8Array;
  bank: Uint8Array;
  service: Uint8Array;
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

const NOTHING = new Uint8Array(0);

/** A draft with room for ten items, to be overwritten. */
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

const out = new ByteWriter();
const PAYMENT_DT = utf8(before('/payment/payment_dt'));
const GOODS_TOTAL = utf8(before('/payment/goods_total'));
const CUSTOM_FEE = utf8(before('/payment/custom_fee'));
const ITEMS = utf8(ORDER_FIELDS.beforeItems);
const ITEM_END = utf8(ORDER_FIELDS.itemEnd);
const SM_ID = utf8(before('/sm_id'));
const OOF_SHARD = utf8(`Z${before('/oof_shard')}`);
const END = utf8(ORDER_FIELDS.end);

/** Where the blanks of a form are, from its start; for the transaction, from the end of the customer's head. */
const UID_AT = before('/order_uid').length;
const TRACK_AT = stretch({ '/order_uid': '000000000000000test', '/track_number': 'WBUS' }).length;
const TRANSACTION_FROM_END = `000000000000000test${before('/payment/request_id')}`.length;
const CHRT_ID_AT = before('/items/chrt_id').length;
const ITEM_TRACK_AT = stretch({ '/items/chrt_id': '0000000', '/items/track_number': 'WBUS' }).length;
const RID_AT = before('/items/rid').length;

/**
 * The order as compact JSON in UTF-8: forms encoded beforehand, with numbers and letters written into their blanks and
 * between them. The parts not escaped here hold ASCII letters, digits, spaces and dashes only.
 */
export function draftToBytes(draft: Draft): Buffer {
  const { customer, goodsTotal, deliveryCost, customFee } = draft;
  writeHead(draft);
  out.ascii(draft.requestId);
  out.bytes(draft.currency);
  out.bytes(draft.provider);
  out.integer(goodsTotal + deliveryCost + customFee);
  out.bytes(PAYMENT_DT);
  out.integer(draft.paidAt);
  out.bytes(draft.bank);
  out.integer(deliveryCost);
  out.bytes(GOODS_TOTAL);
  out.integer(goodsTotal);
  out.bytes(CUSTOM_FEE);
  out.integer(customFee);
  out.bytes(ITEMS);
  for (let at = 0; at < draft.itemCount; at += 1) {
    const item = draft.items[at];
    if (item === undefined) break;
    if (at > 0) out.byte(44);
    writeItem(item, at, draft);
  }
  out.bytes(customer.market.tailJson);
  out.hex(customer.idBits, 8);
  out.bytes(draft.service);
  out.byte(48 + customer.shard);
  out.bytes(SM_ID);
  out.integer(draft.shardNumber);
  writeInstant(draft.createdAtMs);
  out.bytes(OOF_SHARD);
  out.ascii(draft.oofShard);
  out.bytes(END);
  return out.finish();
}

function writeHead({ uid, trackHigh, trackLow, customer }: Draft): void {
  const start = out.length;
  out.bytes(customer.headJson);
  const transaction = out.length - TRANSACTION_FROM_END;
  out.hexInto(start + UID_AT, uid.high, 7);
  out.hexInto(start + UID_AT + 7, uid.low, 8);
  out.lettersInto(start + TRACK_AT, trackHigh, LETTERS);
  out.lettersInto(start + TRACK_AT + 6, trackLow, LETTERS);
  out.hexInto(transaction, uid.high, 7);
  out.hexInto(transaction + 7, uid.low, 8);
}

function writeItem(item: DraftItem, at: number, { customer, trackHigh, trackLow }: Draft): void {
  const { product } = item;
  const start = out.length;
  out.bytes(customer.market.itemJson);
  out.integerInto(start + CHRT_ID_AT, item.chrtId, 7);
  out.lettersInto(start + ITEM_TRACK_AT, trackHigh, LETTERS);
  out.lettersInto(start + ITEM_TRACK_AT + 6, trackLow, LETTERS);
  out.integer(item.price);
  const rid = out.length + RID_AT;
  out.bytes(product.nameJson);
  out.hexInto(rid, item.ridHigh, 8);
  out.hexInto(rid + 8, item.ridLow, 8);
  out.byteInto(rid + 16, 48 + at);
  out.integer(item.sale);
  out.bytes(item.size);
  out.integer(item.totalPrice);
  out.bytes(product.brandJson);
  out.integer(item.status);
  out.bytes(ITEM_END);
}

let keptDay = Number.NaN;
let dateJson = utf8('');

/** RFC 3339 in whole seconds, but for the Z. The date part is worked out once a day of orders. */
function writeInstant(ms: number): void {
  const seconds = Math.floor(ms / 1000);
  const day = Math.floor(seconds / 86_400);
  if (day !== keptDay) {
    keptDay = day;
    dateJson = utf8(before('/date_created') + new Date(ms).toISOString().slice(0, 11));
  }
  const rest = seconds - day * 86_400;
  out.bytes(dateJson);
  out.two((rest / 3600) | 0);
  out.byte(58);
  out.two(((rest / 60) | 0) % 60);
  out.byte(58);
  out.two(rest % 60);
}
