/** The items in their order, in parts of up to `most` in size; an item larger than that is a part of its own. */
export function splitBySize<Item>(items: readonly Item[], most: number, sizeOf: (item: Item) => number): Item[][] {
  const parts: Item[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = sizeOf(item);
    if (held + size > most) {
      parts.push([]);
      held = 0;
    }
    parts.at(-1)?.push(item);
    held += size;
  }
  return parts;
}
