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
    date_created: '2026-01-01T00:00:00Z',
    stored_at: new Date(1_760_000_000_000 - at * 1000).toISOString(),
  };
}

/** A page of a list of so many orders, the newest first. */
function page(number: number, of = Number.POSITIVE_INFINITY): OrderList {
  const from = number * SIZE;
  const to = Math.min(from + SIZE, of);
  const orders = Array.from({ length: Math.max(0, to - from) }, (_, at) => order(from + at));
  return to < of ? { orders, next_cursor: `after-${number}` } : { orders, next_cursor: null };
}

function read(pages: number): OrderPages {
  let list = OrderPages.from(page(0));
  for (let number = 1; number < pages; number++) list = list.with(number, page(number));
  return list;
}

describe('a list that is scrolled through', () => {
  test('asks for one page after the other, to the end', () => {
    let list = OrderPages.from(page(0, 250));
    expect([list.wanted(0, 90), list.wanted(50, 120), list.cursorOf(1)]).toEqual([undefined, 1, 'after-0']);
    list = list.with(1, page(1, 250));
    list = list.with(2, page(2, 250));
    expect([list.count, list.hasMore, list.wanted(200, 400)]).toEqual([250, false, undefined]);
    expect([list.at(0), list.at(249), list.at(250)]).toEqual([order(0), order(249), undefined]);
  });

  test('a page without orders, with more after it', () => {
    const list = read(2).with(2, { orders: [], next_cursor: 'after-2' });
    expect([list.count, list.wanted(150, 220), list.cursorOf(3)]).toEqual([200, 3, 'after-2']);
    expect(list.with(3, page(3)).at(200)).toEqual(order(300));
  });

  test('keeps the orders of few pages, and knows how to come by the others', () => {
    const list = read(200);
    const kept = Array.from({ length: 200 }, (_, at) => list.at(at * SIZE)).filter((one) => one !== undefined);
    expect([list.count, kept.length]).toEqual([20_000, 17]);
    expect([list.at(5_000), list.wanted(5_000, 5_050), list.cursorOf(50)]).toEqual([undefined, 50, 'after-49']);
    const back = list.with(50, page(50));
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
    const list = read(60);
    const orders = Array.from({ length: SIZE }, (_, at) => order(1_002 + at));
    const again = list.with(10, { orders, next_cursor: 'other' });
    expect([again.count, again.at(1_097), again.cursorOf(11)]).toEqual([5_998, order(1_099), 'after-10']);
    expect(again.with(11, page(11)).at(1_098)).toEqual(order(1_100));
  });

  test('has lost the very order it ended with', () => {
    const orders = [...page(10).orders.slice(0, -1), order(1_100)];
    const again = read(60).with(10, { orders, next_cursor: 'other' });
    expect([again.count, again.at(1_098)]).toEqual([5_999, order(1_098)]);
  });
});
