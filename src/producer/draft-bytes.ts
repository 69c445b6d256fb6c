import { ByteWriter } from './byte-writer.ts';
import { type Draft, type DraftItem, instantText, TRACK_LETTERS } from './draft.ts';
import { utf8 } from './json-bytes.ts';

const out = new ByteWriter();
const LETTERS = utf8(TRACK_LETTERS);
const PAYMENT_DT = utf8(',"payment_dt":');
const GOODS_TOTAL = utf8(',"goods_total":');
const CUSTOM_FEE = utf8(',"custom_fee":');
const ITEMS = utf8('},"items":[');
const SM_ID = utf8('","sm_id":');
const OOF_SHARD = utf8('Z","oof_shard":"');
const END = utf8('"}');

/** Where a form's blanks are: from its start, and for the transaction from the end of the customer's head. */
const UID_AT = '{"order_uid":"'.length;
const TRACK_AT = '{"order_uid":"000000000000000test","track_number":"WBUS'.length;
const TRANSACTION_FROM_END = '000000000000000test","request_id":"'.length;
const CHRT_ID_AT = '{"chrt_id":'.length;
const ITEM_TRACK_AT = '{"chrt_id":0000000,"track_number":"WBUS'.length;
const RID_AT = ',"rid":"'.length;

/**
 * The UTF-8 bytes of JSON.stringify(draftToOrder(draft)), written without the text in between: forms made into bytes
 * beforehand, and numbers and letters in their blanks and between them. The parts not escaped here hold ASCII letters,
 * digits, spaces and dashes only; a test compares the two over many orders.
 */
export function draftToBytes(draft: Draft): Buffer {
  const { customer, goodsTotal, deliveryCost, customFee } = draft;
  writeHead(draft);
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
  out.bytes(ITEMS);
  for (let at = 0; at < draft.itemCount; at += 1) {
    const item = draft.items[at];
    if (item === undefined) break;
    if (at > 0) out.byte(44);
    writeItem(item, at, draft);
  }
  out.bytes(customer.market.tailJson);
  out.hex(customer.idBits, 8);
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

function writeHead({ uid, trackHigh, trackLow, customer }: Draft): void {
  const start = out.position;
  out.bytes(customer.headJson);
  const transaction = out.position - TRANSACTION_FROM_END;
  out.hexInto(start + UID_AT, uid.high, 7);
  out.hexInto(start + UID_AT + 7, uid.low, 8);
  out.lettersInto(start + TRACK_AT, trackHigh, LETTERS);
  out.lettersInto(start + TRACK_AT + 6, trackLow, LETTERS);
  out.hexInto(transaction, uid.high, 7);
  out.hexInto(transaction + 7, uid.low, 8);
}

function writeItem(item: DraftItem, at: number, { customer, trackHigh, trackLow }: Draft): void {
  const { product } = item;
  const start = out.position;
  out.bytes(customer.market.itemJson);
  out.integerInto(start + CHRT_ID_AT, item.chrtId, 7);
  out.lettersInto(start + ITEM_TRACK_AT, trackHigh, LETTERS);
  out.lettersInto(start + ITEM_TRACK_AT + 6, trackLow, LETTERS);
  out.integer(item.price);
  const rid = out.position + RID_AT;
  out.bytes(product.nameJson);
  out.hexInto(rid, item.ridHigh, 8);
  out.hexInto(rid + 8, item.ridLow, 8);
  out.byteInto(rid + 16, 48 + at);
  out.integer(item.sale);
  out.bytes(item.size.json);
  out.integer(item.totalPrice);
  out.bytes(product.brandJson);
  out.integer(item.status);
  out.byte(125);
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
