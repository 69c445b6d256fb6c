import type { OrderList, OrderSummary } from '../../../client/schema.generated.ts';

interface Page {
  /** The cursor that gets the page; undefined for the first. */
  readonly cursor: string | undefined;
  /** Row of its first order. */
  readonly start: number;
  readonly count: number;
  /** Its last order when it was first read; undefined if it was empty. */
  readonly last: Pick<OrderSummary, 'order_uid' | 'stored_at'> | undefined;
  /** Undefined while it is far from the rows in view: it can be read again. */
  readonly orders: readonly OrderSummary[] | undefined;
}

/** A page with fewer orders is one whose search took all its time. */
const SPARSE = 10;

/** How many pages on either side of the last one read keep their orders. */
const KEPT_AROUND = 15;

/**
 * A list as far as the reader has scrolled. Pages far from the last one read keep only their cursor and their number of
 * orders, so that a million rows take a few megabytes. It is immutable: adding a page, or reading one again, makes a
 * new one.
 */
export class OrderPages {
  readonly #pages: readonly Page[];
  /** The cursor of the page after the last, and how far has been searched by then; null if there is none. */
  readonly #end: Pick<OrderList, 'next_cursor' | 'searched_to'>;

  private constructor(pages: readonly Page[], end: Pick<OrderList, 'next_cursor' | 'searched_to'>) {
    this.#pages = pages;
    this.#end = end;
  }

  /** The list that begins with this page. */
  static from(first: OrderList): OrderPages {
    return new OrderPages([pageOf(undefined, 0, first.orders)], first);
  }

  /** Rows so far. */
  get count(): number {
    const last = this.#pages.at(-1);
    return last === undefined ? 0 : last.start + last.count;
  }

  get pageCount(): number {
    return this.#pages.length;
  }

  get hasMore(): boolean {
    return this.#end.next_cursor !== null;
  }

  /** How far has been searched, by when the orders were stored; null once all has been. */
  get searchedTo(): string | null {
    return this.#end.searched_to;
  }

  /** How many pages at the end have but few orders. */
  get sparsePages(): number {
    return this.#pages.length - 1 - this.#pages.findLastIndex(({ count }) => count >= SPARSE);
  }

  /** The first order of the list: the newest, or the oldest. */
  get first(): OrderSummary | undefined {
    return this.at(0);
  }

  /** The order of a row; undefined past the end, and while its page is not loaded. */
  at(row: number): OrderSummary | undefined {
    const page = this.#pages[this.#numberAt(row)];
    return page?.orders?.[row - page.start];
  }

  /** The page to read for these rows, if any; `pageCount` means the next one. */
  wanted(from: number, to: number): number | undefined {
    const last = this.#numberAt(Math.min(to, this.count - 1));
    for (let number = this.#numberAt(from); number <= last; number++)
      if (this.#pages[number]?.orders === undefined) return number;
    return to >= this.count && this.hasMore ? this.#pages.length : undefined;
  }

  /** The cursor that gets a page. */
  cursorOf(number: number): string | undefined {
    return number === this.#pages.length ? (this.#end.next_cursor ?? undefined) : this.#pages[number]?.cursor;
  }

  /** The list with this page, read for the first time or again. */
  with(number: number, read: OrderList): OrderPages {
    const { orders } = read;
    const near = this.#pages.map((page, at) =>
      at === 0 || Math.abs(at - number) <= KEPT_AROUND || page.orders === undefined
        ? page
        : { ...page, orders: undefined },
    );
    if (number === near.length)
      return new OrderPages([...near, pageOf(this.cursorOf(number), this.count, orders)], read);
    const known = near[number];
    if (known === undefined) return this;
    // Orders changed meanwhile have left the page, and others have moved up from the next one, where they are listed
    // already.
    const again = pageOf(known.cursor, known.start, orders.slice(0, placeOfEnd(orders, known.last)));
    const shift = again.count - known.count;
    const rest = near.slice(number + 1);
    const moved = shift === 0 ? rest : rest.map((page) => ({ ...page, start: page.start + shift }));
    return new OrderPages([...near.slice(0, number), { ...again, last: known.last }, ...moved], this.#end);
  }

  /** The last page that begins at or before the row. */
  #numberAt(row: number): number {
    let [low, high] = [0, this.#pages.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#pages[middle]?.start ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function pageOf(cursor: string | undefined, start: number, orders: readonly OrderSummary[]): Page {
  const end = orders.at(-1);
  const last = end && { order_uid: end.order_uid, stored_at: end.stored_at };
  return { cursor, start, count: orders.length, last, orders };
}

/** How many of these orders belong to a page whose last order was this one. */
function placeOfEnd(orders: readonly OrderSummary[], last: Page['last']): number {
  if (last === undefined) return 0;
  const there = orders.findIndex(({ order_uid }) => order_uid === last.order_uid);
  if (there >= 0) return there + 1;
  const rising = (orders[0]?.stored_at ?? '') < (orders.at(-1)?.stored_at ?? '');
  const past = orders.findIndex(({ stored_at }) => (rising ? stored_at > last.stored_at : stored_at < last.stored_at));
  return past < 0 ? orders.length : past;
}
