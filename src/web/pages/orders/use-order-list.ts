import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { OrderList } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { type OrderFilters, toQuery } from './filters.ts';
import { OrderPages } from './order-pages.ts';

const FIRST_ORDERS = 100;
/** Later pages are larger: a reader who scrolls on wants many. */
const NEXT_ORDERS = 200;
const EVERY_MS = 2_000;
/** Looking for new orders takes at most this part of the time: a filter that few orders match makes it slow. */
const LOOKING_SHARE = 0.1;
/** So many pages in a row that time has cut short are read without being asked for. */
const MOST_SPARSE = 8;

/** The orders of a filter, as far as the reader has scrolled. */
export interface LoadedOrders {
  /** Undefined until the first answer. */
  readonly pages: OrderPages | undefined;
  readonly error: unknown;
  /** The search has found little for long, and goes on when it is told to. */
  readonly rests: boolean;
  readonly goOn: () => void;
  /** Tells which rows are in view: missing ones are read, page by page. */
  readonly look: (from: number, to: number) => void;
  /** Newer orders wait to be shown. */
  readonly hasNew: boolean;
  readonly showNew: () => void;
}

/**
 * Reads page after page, and checks for new orders while `live`. New orders are shown at once only while `mayMove` and
 * only the first page is loaded: rows do not move under a pointer or a reader.
 */
export function useOrderList(filters: OrderFilters, live: boolean, mayMove: () => boolean): LoadedOrders {
  const client = useQueryClient();
  const filter = String(toQuery(filters));
  const list = useQuery({
    queryKey: ['orders', filter],
    queryFn: async ({ signal }) => OrderPages.from(await page(filter, undefined, FIRST_ORDERS, signal)),
    refetchInterval: refetchEvery(),
    refetchOnMount: false,
    structuralSharing: false,
  });
  const pages = list.data;
  const set = useCallback((changed: OrderPages) => client.setQueryData(['orders', filter], changed), [client, filter]);

  const [wanted, setWanted] = useState<number | undefined>(undefined);
  // Up to how many pages the reader wants searched.
  const [asked, setAsked] = useState({ filter, pages: 0 });
  const pageCount = pages?.pageCount ?? 0;
  const isAsked = asked.filter === filter && pageCount < asked.pages;
  const rests = pages?.hasMore === true && pages.sparsePages >= MOST_SPARSE && !isAsked;
  const cursor = wanted === undefined ? undefined : pages?.cursorOf(wanted);
  const missing = useQuery({
    queryKey: ['orders-page', filter, wanted, cursor],
    queryFn: ({ signal }) => page(filter, cursor, wanted === 0 ? FIRST_ORDERS : NEXT_ORDERS, signal),
    refetchInterval: refetchEvery(),
    enabled: cursor !== undefined || wanted === 0,
    gcTime: 0,
  });
  const read = missing.data;
  useEffect(() => {
    if (wanted === undefined || read === undefined || pages === undefined) return;
    setWanted(undefined);
    set(pages.with(wanted, read));
  }, [wanted, read, pages, set]);

  const tookMs = useRef(0);
  const newest = useQuery({
    queryKey: ['orders-newest', filter],
    queryFn: async ({ signal }) => {
      const from = performance.now();
      const read = await page(filter, undefined, FIRST_ORDERS, signal);
      tookMs.current = performance.now() - from;
      return read;
    },
    refetchInterval: (query) => refetchEvery(Math.max(EVERY_MS, tookMs.current / LOOKING_SHARE))(query),
    enabled: live && filters.order === 'newest',
  });
  const fresh = newest.data;
  const hasNew = live && pages !== undefined && fresh !== undefined && topOf(OrderPages.from(fresh)) !== topOf(pages);
  const showNew = useCallback(() => {
    if (fresh !== undefined) set(OrderPages.from(fresh));
  }, [fresh, set]);
  const single = pageCount === 1;
  useEffect(() => {
    if (hasNew && single && mayMove()) showNew();
  }, [hasNew, single, mayMove, showNew]);

  return {
    pages,
    error: list.error ?? missing.error ?? newest.error,
    rests,
    goOn: () => setAsked({ filter, pages: pageCount + MOST_SPARSE }),
    look: (from, to) => {
      const next = pages?.wanted(from, to);
      setWanted(rests && next === pageCount ? undefined : next);
    },
    hasNew,
    showNew,
  };
}

function topOf({ first }: OrderPages): string {
  return first === undefined ? '' : `${first.order_uid} ${first.stored_at}`;
}

function page(filter: string, cursor: string | undefined, limit: number, signal: AbortSignal): Promise<OrderList> {
  const query = { ...Object.fromEntries(new URLSearchParams(filter)), limit, ...(cursor && { cursor }) };
  return dataOf(api.GET('/api/v1/orders', { params: { query }, signal }));
}
