import { type Field, ORDER_FIELDS } from '../order/fields.ts';

/** Fields of the order and, as `/items/…`, of an item, in the order of their JSON. */
const FIELDS: readonly (readonly [pointer: string, field: Field])[] = [
  ...ORDER_FIELDS.order.map((field) => [field.pointer, field] as const),
  ...ORDER_FIELDS.item.map((field) => [`/items${field.pointer}`, field] as const),
];
const PLACES = new Map(FIELDS.map(([pointer], at) => [pointer, at]));

/** What JSON.stringify writes for the text, without the quotes. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The JSON from the value before a field to its own value. */
export function before(pointer: string): string {
  const [, field] = FIELDS[placeOf(pointer)] ?? [];
  return field?.before ?? '';
}

/**
 * The JSON of neighbouring fields with these values, from the value before the first of them; up to the value of
 * `next`, or to the end of the last one's.
 * @throws RangeError when another field stands between them
 */
export function stretch(values: Readonly<Record<string, string>>, next?: string): string {
  const pointers = [...Object.keys(values), ...(next === undefined ? [] : [next])];
  const first = placeOf(pointers[0] ?? '');
  for (const [at, pointer] of pointers.entries())
    if (placeOf(pointer) !== first + at) throw new RangeError(`before ${pointer} stands another field`);
  return pointers.map((pointer) => before(pointer) + escaped(values[pointer] ?? '')).join('');
}

function placeOf(pointer: string): number {
  const place = PLACES.get(pointer);
  if (place === undefined) throw new RangeError(`an order has no ${pointer}`);
  return place;
}
