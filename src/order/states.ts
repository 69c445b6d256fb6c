/**
 * The status codes of items, by name. The contract allows any integer: a code that is not here says nothing of its item.
 *
 * - `placed`, `paid`, `assembled`: the order is made, paid for, packed;
 * - `handed_over`: the carrier has it;
 * - `delivered`: the customer has it;
 * - `payment_failed`, `cancelled_by_customer`, `cancelled_by_seller`, `out_of_stock`: it will not be delivered;
 * - `returned`: the seller has it back;
 * - `refunded`: the customer has the money back.
 */
export const ITEM_STATUS = {
  placed: 100,
  paid: 200,
  assembled: 201,
  handed_over: 202,
  delivered: 204,
  payment_failed: 400,
  cancelled_by_customer: 401,
  cancelled_by_seller: 402,
  out_of_stock: 403,
  returned: 500,
  refunded: 501,
} as const;

export type ItemState = keyof typeof ITEM_STATUS;

/** A state of all its items; some are back, the rest is delivered; or an item's code is unknown. */
export type OrderState = ItemState | 'partly_returned' | 'partly_refunded' | 'other';

/** Every state of an item, in the order in which they follow each other. */
export const ITEM_STATES = Object.keys(ITEM_STATUS).filter(isItemState);

/** Every state of an order, as lists and counts show them. */
export const ORDER_STATES: readonly OrderState[] = [...ITEM_STATES, 'partly_returned', 'partly_refunded', 'other'];

const OTHER = 1 << ITEM_STATES.length;
const STATE_OF_STATUS = new Map<number, ItemState>(ITEM_STATES.map((state) => [ITEM_STATUS[state], state]));
const BITS = new Map<number, number>(ITEM_STATES.map((state, at) => [ITEM_STATUS[state], 1 << at]));
const DELIVERED = bitOf('delivered');
const RETURNED = bitOf('returned');
const REFUNDED = bitOf('refunded');
/** Below the bit of `payment_failed` are the stages of an item on its way, the last of which is its delivery. */
const STAGES = bitOf('payment_failed') - 1;

/** The state that a status code is the code of; undefined for one without a name. */
export function itemState(status: number): ItemState | undefined {
  return STATE_OF_STATUS.get(status);
}

/** A bit for what a status code says of an item: `|` gathers those of all items for orderStateOf. */
export function stateBit(status: number): number {
  return BITS.get(status) ?? OTHER;
}

/**
 * The state of an order whose items have these bits:
 * - `other` when a code is unknown;
 * - the state of the item that is furthest behind, as long as one is on its way or delivered and none is back. Items
 *   that will not be delivered do not count beside others;
 * - `partly_returned` when some are delivered and others are back, `partly_refunded` once those are all refunded;
 * - `returned` when all are back and not all are refunded.
 */
export function orderStateOf(bits: number): OrderState {
  if (bits === 0 || bits >= OTHER) return 'other';
  const stages = bits & STAGES;
  const back = bits & (RETURNED | REFUNDED);
  if (stages === DELIVERED && back !== 0) return back === REFUNDED ? 'partly_refunded' : 'partly_returned';
  const telling = stages || back || bits;
  // The lowest bit that is set.
  return ITEM_STATES[31 - Math.clz32(telling & -telling)] ?? 'other';
}

/** The state of an order whose items have these status codes. */
export function orderState(statuses: Iterable<number>): OrderState {
  let bits = 0;
  for (const status of statuses) bits |= stateBit(status);
  return orderStateOf(bits);
}

/** Every combination of bits that gives an order one of these states. */
export function bitsOfStates(states: readonly OrderState[]): number[] {
  const wanted = new Set(states);
  return Array.from({ length: OTHER << 1 }, (_, bits) => bits).filter((bits) => wanted.has(orderStateOf(bits)));
}

export function isOrderState(name: string): name is OrderState {
  return ORDER_STATES.some((state) => state === name);
}

function bitOf(state: ItemState): number {
  return stateBit(ITEM_STATUS[state]);
}

export function isItemState(name: string): name is ItemState {
  return Object.hasOwn(ITEM_STATUS, name);
}
