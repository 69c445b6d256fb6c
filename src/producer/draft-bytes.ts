import { ByteWriter } from './byte-writer.ts';
import { type Draft, type DraftItem, instantText, TRACK_LETTERS } from './draft.ts';
import type { OrderUid } from './order-uid.ts';

const out = new ByteWriter();

/**
 * The UTF-8 bytes of JSON.stringify(draftToOrder(draft)), written without the text in between. The parts not escaped here
 * hold ASCII letters, digits, spaces and dashes only; a test compares the two over many orders.
 */
export function draftToBytes(draft: Draft): Buffer {
  const { customer, goodsTotal, deliveryCost, customFee } = draft;
  out.bytes('{"order_uid":"');
  writeUid(draft.uid);
  out.bytes('","track_number":"');
  writeTrack(draft);
  out.bytes(customer.headBytes);
  writeUid(draft.uid);
  out.bytes('","request_id":"');
  out.bytes(draft.requestId);
  out.bytes('","currency":"');
  out.bytes(draft.currency);
  out.bytes('","provider":"');
  out.bytes(draft.provider);
  out.bytes('","amount":');
  out.integer(goodsTotal + deliveryCost + customFee);
  out.bytes(',"payment_dt":');
  out.integer(draft.paidAt);
  out.bytes(',"bank":"');
  out.bytes(draft.bank);
  out.bytes('","delivery_cost":');
  out.integer(deliveryCost);
  out.bytes(',"goods_total":');
  out.integer(goodsTotal);
  out.bytes(',"custom_fee":');
  out.integer(customFee);
  out.bytes('},"items":[');
  for (let at = 0; at < draft.itemCount; at += 1) {
    const item = draft.items[at];
    if (item === undefined) break;
    if (at > 0) out.bytes(',');
    writeItem(item, at, draft);
  }
  out.bytes(customer.tailBytes);
  out.bytes(draft.service);
  out.bytes('","shardkey":"');
  out.bytes(customer.shardKey);
  out.bytes('","sm_id":');
  out.integer(draft.shardNumber);
  out.bytes(',"date_created":"');
  writeInstant(draft.createdAtMs);
  out.bytes('","oof_shard":"');
  out.bytes(draft.oofShard);
  out.bytes('"}');
  return out.finish();
}

function writeItem(item: DraftItem, at: number, draft: Draft): void {
  out.bytes('{"chrt_id":');
  out.integer(item.chrtId);
  out.bytes(',"track_number":"');
  writeTrack(draft);
  out.bytes('","price":');
  out.integer(item.price);
  out.bytes(',"rid":"');
  out.hex(item.ridHigh, 8);
  out.hex(item.ridLow, 8);
  out.byte(48 + at);
  out.bytes(item.product.nameBytes);
  out.integer(item.sale);
  out.bytes(',"size":"');
  out.bytes(item.size);
  out.bytes('","total_price":');
  out.integer(item.totalPrice);
  out.bytes(item.product.brandBytes);
  out.integer(item.status);
  out.bytes('}');
}

function writeUid(uid: OrderUid): void {
  out.hex(uid.high, 7);
  out.hex(uid.low, 8);
  out.bytes('test');
}

function writeTrack(draft: Draft): void {
  out.bytes(draft.customer.market.entry);
  for (let shift = 0; shift < 30; shift += 5)
    out.byte(TRACK_LETTERS.charCodeAt((draft.trackHigh >>> shift) & 31));
  for (let shift = 0; shift < 30; shift += 5)
    out.byte(TRACK_LETTERS.charCodeAt((draft.trackLow >>> shift) & 31));
}

let keptDay = Number.NaN;
let keptText = '';

/** RFC 3339 in whole seconds. The date part is worked out once a day of orders. */
function writeInstant(ms: number): void {
  const seconds = Math.floor(ms / 1000);
  const day = Math.floor(seconds / 86_400);
  if (day !== keptDay) {
    keptDay = day;
    keptText = instantText(ms).slice(0, 11);
  }
  const rest = seconds - day * 86_400;
  out.bytes(keptText);
  out.two(Math.floor(rest / 3600));
  out.byte(58);
  out.two(Math.floor(rest / 60) % 60);
  out.byte(58);
  out.two(rest % 60);
  out.byte(90);
}
