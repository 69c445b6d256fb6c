import { type InfiniteData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import type { OrderList, OrderSummary } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { type OrderFilters, toQuery } from './filters.ts';

const PAGE_ORDERS = 100;
const EVERY_MS = 2_000;

/** The orders of a filter, as far as they have been scrolled to. */
export interface OrderListing {
  readonly orders: readonly OrderSummary[];
  /** The first answer is still awaited. */
  readonly pending: boolean;
  readonly error: unknown;
  readonly hasMore: boolean;
  readonly loadMore: () => void;
  /** Orders that came since wait to be shown. */
  readonly hasNew: boolean;
  readonly showNew: () => void;
}

/**
 * Reads page after page, and looks whether anything new came while `live`. What is new is shown at once only while `mayMove` and
 * nothing but the first page is there: rows do not move under a pointer or a reader.
 */
export function useOrderList(filters: OrderFilters, live: boolean, mayMove: () => boolean): OrderListing {
  const client = useQueryClient();
  const filter = String(toQuery(filters));
  const key = ['orders', filter];
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => page(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: OrderList) => last.next_cursor,
    refetchInterval: refetchEvery(),
    refetchOnMount: false,
  });
  const newest = useQuery({
    queryKey: ['orders-newest', filter],
    queryFn: ({ signal }) => page(filter, undefined, signal),
    refetchInterval: refetchEvery(EVERY_MS),
    enabled: live && filters.order === 'newest',
  });
  const pages = list.data?.pages;
  const first = pages?.[0];
  const hasNew =
    live && first !== undefined && newest.data !== undefined && topOf(newest.data) !== topOf(first);
  const fresh = newest.data;
  const showNew = useCallback(() => {
    if (fresh === undefined) return;
    const data: InfiniteData<OrderList, string | undefined> = { pages: [fresh], pageParams: [undefined] };
    client.setQueryData(['orders', filter], data);
  }, [client, filter, fresh]);
  const single = pages?.length === 1;
  useEffect(() => {
    if (hasNew && single && mayMove()) showNew();
  }, [hasNew, single, mayMove, showNew]);
  return {
    orders: pages?.flatMap(({ orders }) => orders) ?? [],
    pending: list.isPending,
    error: list.error ?? newest.error,
    hasMore: list.hasNextPage,
    loadMore: () => {
      if (!list.isFetching) void list.fetchNextPage();
    },
    hasNew,
    showNew,
  };
}

function topOf({ orders }: OrderList): string {
  const [top] = orders;
  return top === undefined ? '' : `${top.order_uid} ${top.stored_at}`;
}

function page(filter: string, cursor: string | undefined, signal: AbortSignal): Promise<OrderList> {
  const query = {
    ...Object.fromEntries(new URLSearchParams(filter)),
    limit: PAGE_ORDERS,
    ...(cursor && { cursor }),
  };
  return dataOf(api.GET('/api/v1/orders', { params: { query }, signal }));
}
