import { Button } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { OrderSummary } from '../../../client/schema.generated.ts';
import { Link } from '../../app/navigation.tsx';
import { Instant } from '../../components/page.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { addressOf } from '../addresses.ts';
import { COLUMNS, type ColumnName, usePhone } from './columns.ts';
import { StateBadge } from './states.tsx';
import { ordersTexts } from './texts.ts';
import type { LoadedOrders } from './use-order-list.ts';

interface OrderTableProps {
  readonly listing: LoadedOrders;
  readonly columns: readonly ColumnName[];
  /** Called when the pointer or the focus is on a row, or the list is scrolled. */
  readonly onHold: (what: 'pointer' | 'focus' | 'scrolled', on: boolean) => void;
}

/** How many rows ahead of those in view are read. */
const AHEAD_ROWS = 150;

/** The list: only the rows in view exist. */
export function OrderTable({ listing, columns, onHold }: OrderTableProps) {
  const t = useTexts(ordersTexts);
  const format = useFormat();
  const { pages, look, error, rests } = listing;
  const isPhone = usePhone();
  const grid = isPhone ? {} : { gridTemplateColumns: columns.map((name) => COLUMNS[name]).join(' ') };
  const count = pages?.count ?? 0;
  const hasMore = pages?.hasMore ?? true;
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const { base, follow, toFirst } = useRowBase();
  const rows = useWindowVirtualizer({
    count: Math.min(count - base, MOST_ROWS),
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: top,
  });
  const seen = rows.getVirtualItems();
  const first = seen[0]?.index ?? 0;
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (error === null) look(base + first, base + last + AHEAD_ROWS);
    follow(top);
  });
  useEffect(() => {
    const onScroll = () => onHold('scrolled', scrollY > 40);
    addEventListener('scroll', onScroll, { passive: true });
    return () => removeEventListener('scroll', onScroll);
  }, [onHold]);
  const said: string[] = [];
  if (error === null && !rests && (hasMore || count > 20)) said.push(hasMore ? t.loadingMore : t.end);
  if (error === null && pages?.searchedTo != null && pages.sparsePages > 0)
    said.push(t.searchedTo(format.dateTime(pages.searchedTo)));
  return (
    <>
      {base > 0 && (
        <Button className="show-new" size="xs" radius="xl" onClick={toFirst}>
          {t.toFirst}
        </Button>
      )}
      <div
        role="table"
        aria-label={t.list}
        aria-rowcount={hasMore ? -1 : count + 1}
        aria-busy={pages === undefined}
        className="orders"
        onPointerEnter={(event) => onHold('pointer', event.pointerType === 'mouse')}
        onPointerLeave={() => onHold('pointer', false)}
        onFocus={(event) => onHold('focus', event.target.matches(':focus-visible'))}
        onBlur={() => onHold('focus', false)}
      >
        <div role="row" className="orders__row orders__head" style={grid} aria-rowindex={1}>
          {columns.map((name) => (
            <span key={name} role="columnheader" className={`orders__${name}`}>
              {t.columns[name]}
            </span>
          ))}
        </div>
        <div ref={list} role="rowgroup" className="orders__body" style={{ height: rows.getTotalSize() }}>
          {seen.map(({ index, start, size }) => {
            const row = base + index;
            const order = pages?.at(row);
            const place = { ...grid, transform: `translateY(${start - top}px)`, height: size };
            if (order === undefined) return <Waiting key={row} index={row} place={place} />;
            return <Row key={order.order_uid} order={order} columns={columns} index={row} place={place} />;
          })}
        </div>
      </div>
      <p className="empty" role="status">
        {said.join(' ')}
      </p>
      {rests && (
        <Button className="fit" variant="default" size="xs" onClick={listing.goOn}>
          {t.searchOn}
        </Button>
      )}
    </>
  );
}

type Place = Readonly<CSSProperties>;

/** A row that is being read again after it was far out of view. */
function Waiting({ index, place }: { readonly index: number; readonly place: Place }) {
  return (
    <div role="row" className="orders__row" style={place} aria-rowindex={index + 2}>
      <span role="cell" className="orders__uid">
        …
      </span>
    </div>
  );
}

interface RowProps {
  readonly order: OrderSummary;
  readonly columns: readonly ColumnName[];
  readonly index: number;
  readonly place: Place;
}

function Row({ order, columns, index, place }: RowProps) {
  const t = useTexts(ordersTexts);
  const format = useFormat();
  const cells: Readonly<Record<ColumnName, ReactNode>> = {
    uid: <Link href={addressOf(order.order_uid)}>{order.order_uid}</Link>,
    customer: (
      <>
        {order.delivery_name || t.noName}
        <span className="orders__city"> · {order.delivery_city}</span>
      </>
    ),
    customer_id: order.customer_id,
    track: order.track_number,
    state: <StateBadge state={order.state} />,
    items: t.items(order.items),
    amount: format.money(order.amount, order.currency),
    created: <Instant at={order.date_created} />,
    stored: <Instant at={order.stored_at} timeOnly={isToday(order.stored_at)} />,
  };
  return (
    <div role="row" className="orders__row" style={place} aria-rowindex={index + 2}>
      {columns.map((name) => (
        <span key={name} role="cell" className={`orders__${name}`}>
          {cells[name]}
        </span>
      ))}
    </div>
  );
}

function isToday(instant: string): boolean {
  return new Date(instant).toDateString() === new Date().toDateString();
}

const ROW_PX = 52;

/**
 * Browsers can't draw an element much taller than ten million pixels: of a longer list only a part exists at a time.
 */
const MOST_ROWS = 200_000;
const STEP_ROWS = 80_000;
const MARGIN_ROWS = 20_000;

/** The first row of the part that exists. */
interface RowBase {
  readonly base: number;
  /**
   * To be called after scrolling: moves the part forward near its end, and back near its beginning. `top`: where the
   * list begins on the page.
   */
  readonly follow: (top: number) => void;
  readonly toFirst: () => void;
}

/** Moves the part of a very long list that exists along with the view; visible rows stay in place. */
function useRowBase(): RowBase {
  const [base, setBase] = useState(0);
  const scrollTop = useRef<number>(undefined);
  useLayoutEffect(() => {
    // The scroll position may be past the end of the new part, and the browser has moved the page back a little.
    if (scrollTop.current !== undefined) scrollTo({ top: scrollTop.current, behavior: 'instant' });
    scrollTop.current = undefined;
  });
  const moveTo = (next: number, top: number) => {
    if (next === base) return;
    scrollTop.current = top;
    setBase(next);
  };
  return {
    base,
    follow: (top) => {
      const row = (scrollY - top) / ROW_PX;
      const next =
        row > MOST_ROWS - MARGIN_ROWS ? base + STEP_ROWS : row < MARGIN_ROWS ? Math.max(0, base - STEP_ROWS) : base;
      moveTo(next, scrollY + (base - next) * ROW_PX);
    },
    toFirst: () => moveTo(0, 0),
  };
}
