import { describe, expect, test } from 'bun:test';
import type { OrderList, OrderSummary } from '../../../client/schema.generated.ts';
import { OrderPages } from './order-pages.ts';

const SIZE = 100;

function order(at: number): OrderSummary {
  return {
    order_uid: `o${at}`,
    track_number: 't',
    customer_id: 'c',
    delivery_name: 'n',
    delivery_city: 'c',
    amount: 1,
    currency: 'USD',
    items: 1,
    state: 'paid',
    date_created: '2026-01-01T00:00:00Z',
    stored_at: new Date(1_760_000_000_000 - at * 1000).toISOString(),
  };
}

function list(orders: OrderSummary[], next_cursor: string | null): OrderList {
  return { orders, next_cursor, searched_to: next_cursor && '2026-01-01T00:00:00Z' };
}

/** A page of a list of so many orders, the newest first. */
function page(number: number, of = Number.POSITIVE_INFINITY): OrderList {
  const from = number * SIZE;
  const to = Math.min(from + SIZE, of);
  const orders = Array.from({ length: Math.max(0, to - from) }, (_, at) => order(from + at));
  return list(orders, to < of ? `after-${number}` : null);
}

function read(pages: number): OrderPages {
  let read = OrderPages.from(page(0));
  for (let number = 1; number < pages; number++) read = read.with(number, page(number));
  return read;
}

describe('a list that is scrolled through', () => {
  test('asks for one page after the other, to the end', () => {
    let pages = OrderPages.from(page(0, 250));
    expect([pages.wanted(0, 90), pages.wanted(50, 120), pages.cursorOf(1)]).toEqual([undefined, 1, 'after-0']);
    pages = pages.with(1, page(1, 250));
    pages = pages.with(2, page(2, 250));
    expect([pages.count, pages.hasMore, pages.wanted(200, 400)]).toEqual([250, false, undefined]);
    expect([pages.at(0), pages.at(249), pages.at(250)]).toEqual([order(0), order(249), undefined]);
  });

  test('a page without orders, with more after it', () => {
    const pages = read(2).with(2, list([], 'after-2'));
    expect([pages.count, pages.wanted(150, 220), pages.cursorOf(3)]).toEqual([200, 3, 'after-2']);
    expect([pages.sparsePages, pages.searchedTo]).toEqual([1, '2026-01-01T00:00:00Z']);
    const found = pages.with(3, page(3));
    expect([found.at(200), found.sparsePages]).toEqual([order(300), 0]);
  });

  test('keeps the orders of few pages, and knows how to come by the others', () => {
    const pages = read(200);
    const kept = Array.from({ length: 200 }, (_, at) => pages.at(at * SIZE)).filter((one) => one !== undefined);
    expect([pages.count, kept.length]).toEqual([20_000, 17]);
    expect([pages.at(5_000), pages.wanted(5_000, 5_050), pages.cursorOf(50)]).toEqual([undefined, 50, 'after-49']);
    const back = pages.with(50, page(50));
    expect([back.at(5_099), back.at(0), back.count, back.wanted(5_000, 5_150)]).toEqual([
      order(5_099),
      order(0),
      20_000,
      51,
    ]);
    expect(back.at(19_999)).toBeUndefined();
  });
});

describe('a page that is read again', () => {
  test('has lost orders that were changed meanwhile: what has come up in their place is not there twice', () => {
    const orders = Array.from({ length: SIZE }, (_, at) => order(1_002 + at));
    const again = read(60).with(10, list(orders, 'other'));
    expect([again.count, again.at(1_097), again.cursorOf(11)]).toEqual([5_998, order(1_099), 'after-10']);
    expect(again.with(11, page(11)).at(1_098)).toEqual(order(1_100));
  });

  test('has lost the very order it ended with', () => {
    const orders = [...page(10).orders.slice(0, -1), order(1_100)];
    const again = read(60).with(10, list(orders, 'other'));
    expect([again.count, again.at(1_098)]).toEqual([5_999, order(1_098)]);
  });
});
