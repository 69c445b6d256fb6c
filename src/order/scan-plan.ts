import type { Field, OrderFields } from './fields.ts';

/** A member of an object: a value, an object of values, or the list of items. */
export interface Member {
  /** Its name and the quote after it. */
  readonly name: Uint8Array;
  /** All that stands before its value where there is no white space. */
  readonly before: Uint8Array;
  readonly isText: boolean;
  readonly kind: Field['kind'] | 'object' | 'items';
  /** Which field of the order or of the item a value is. */
  readonly field: number;
  /** Length of a text in bytes that is surely within its limits, which count characters. */
  readonly least: number;
  readonly most: number;
  /** Those of an object or of an item, in the order in which the last message had them. */
  readonly members: Member[];
}

/** A whole order as one member. */
export function planOf({ order, head, item, list }: OrderFields): Member {
  const items = { ...holder(list, 'items'), members: item.map(valueMember) };
  const members = order.map(valueMember);
  return {
    ...holder('', 'object'),
    members: [...grouped(order, members.slice(0, head)), items, ...grouped(order, members.slice(head))],
  };
}

/** Values, those of one object of the order together in that object. */
function grouped(order: readonly Field[], values: readonly Member[]): Member[] {
  const objects = Map.groupBy(values, (value) => order[value.field]?.parent ?? value);
  return [...objects].map(([parent, members]) =>
    typeof parent === 'string' ? { ...holder(parent, 'object'), members } : parent,
  );
}

function holder(name: string, kind: 'object' | 'items'): Member {
  return { ...named(name, ''), kind, field: -1, least: 0, most: 0, members: [] };
}

/** A character has one to four bytes. */
function valueMember({ name, kind, minLength, maxLength }: Field, field: number): Member {
  const least = Math.max(0, 4 * minLength - 3);
  return { ...named(name, kind === 'integer' ? '' : '"'), kind, field, least, most: maxLength, members: [] };
}

function named(name: string, quote: string): Pick<Member, 'name' | 'before' | 'isText'> {
  return { name: Buffer.from(`${name}"`), before: Buffer.from(`"${name}":${quote}`), isText: quote !== '' };
}
