import { ByteWriter } from './byte-writer.ts';
import { type Draft, type DraftItem, instantText, TRACK_LETTERS } from './draft.ts';
import { utf8 } from './json-bytes.ts';
import type { OrderUid } from './order-uid.ts';

const out = new ByteWriter();
const ORDER_UID = utf8('{"order_uid":"');
const REQUEST_ID = utf8('test","request_id":"');
const PAYMENT_DT = utf8(',"payment_dt":');
const GOODS_TOTAL = utf8(',"goods_total":');
const CUSTOM_FEE = utf8(',"custom_fee":');
const FIRST_ITEM = utf8('},"items":[{"chrt_id":');
const NEXT_ITEM = utf8('},{"chrt_id":');
const PRICE = utf8('","price":');
const RID = utf8(',"rid":"');
const SM_ID = utf8('","sm_id":');
const OOF_SHARD = utf8('Z","oof_shard":"');
const END = utf8('"}');

/**
 * The UTF-8 bytes of JSON.stringify(draftToOrder(draft)), written without the text in between: the numbers here, and
 * around them what was made into bytes beforehand. The parts not escaped here hold ASCII letters, digits, spaces and dashes
 * only; a test compares the two over many orders.
 */
export function draftToBytes(draft: Draft): Buffer {
  const { customer, goodsTotal, deliveryCost, customFee } = draft;
  out.bytes(ORDER_UID);
  writeUid(draft.uid);
  out.bytes(customer.market.trackJson);
  writeTrack(draft);
  out.bytes(customer.headJson);
  writeUid(draft.uid);
  out.bytes(REQUEST_ID);
  out.ascii(draft.requestId);
  out.bytes(draft.currency.json);
  out.bytes(draft.provider.json);
  out.integer(goodsTotal + deliveryCost + customFee);
  out.bytes(PAYMENT_DT);
  out.integer(draft.paidAt);
  out.bytes(draft.bank.json);
  out.integer(deliveryCost);
  out.bytes(GOODS_TOTAL);
  out.integer(goodsTotal);
  out.bytes(CUSTOM_FEE);
  out.integer(customFee);
  for (let at = 0; at < draft.itemCount; at += 1) {
    const item = draft.items[at];
    if (item === undefined) break;
    out.bytes(at === 0 ? FIRST_ITEM : NEXT_ITEM);
    writeItem(item, at, draft);
  }
  out.bytes(customer.tailJson);
  out.bytes(draft.service.json);
  out.byte(48 + customer.shard);
  out.bytes(SM_ID);
  out.integer(draft.shardNumber);
  writeInstant(draft.createdAtMs);
  out.bytes(OOF_SHARD);
  out.ascii(draft.oofShard);
  out.bytes(END);
  return out.finish();
}

function writeItem(item: DraftItem, at: number, draft: Draft): void {
  const { product } = item;
  out.integer(item.chrtId);
  out.bytes(draft.customer.market.itemTrackJson);
  writeTrack(draft);
  out.bytes(PRICE);
  out.integer(item.price);
  out.bytes(RID);
  out.hex(item.ridHigh, 8);
  out.hex(item.ridLow, 8);
  out.byte(48 + at);
  out.bytes(product.nameJson);
  out.integer(item.sale);
  out.bytes(item.size.json);
  out.integer(item.totalPrice);
  out.bytes(product.brandJson);
  out.integer(item.status);
}

function writeUid(uid: OrderUid): void {
  out.hex(uid.high, 7);
  out.hex(uid.low, 8);
}

function writeTrack({ trackHigh, trackLow }: Draft): void {
  for (let shift = 0; shift < 30; shift += 5) out.byte(TRACK_LETTERS.charCodeAt((trackHigh >>> shift) & 31));
  for (let shift = 0; shift < 30; shift += 5) out.byte(TRACK_LETTERS.charCodeAt((trackLow >>> shift) & 31));
}

let keptDay = Number.NaN;
let dateJson = utf8('');

/** RFC 3339 in whole seconds, but for the Z. The date part is worked out once a day of orders. */
function writeInstant(ms: number): void {
  const seconds = Math.floor(ms / 1000);
  const day = Math.floor(seconds / 86_400);
  if (day !== keptDay) {
    keptDay = day;
    dateJson = utf8(`,"date_created":"${instantText(ms).slice(0, 11)}`);
  }
  const rest = seconds - day * 86_400;
  out.bytes(dateJson);
  out.two((rest / 3600) | 0);
  out.byte(58);
  out.two(((rest / 60) | 0) % 60);
  out.byte(58);
  out.two(rest % 60);
}
