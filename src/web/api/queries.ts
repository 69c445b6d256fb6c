import { notifications } from '@mantine/notifications';
import {
  keepPreviousData,
  QueryClient,
  type UseMutationResult,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { commonTexts } from '../components/texts.ts';
import { useTexts } from '../i18n/language.ts';
import { ApiError } from './client.ts';

const RETRY_MS = 2_000;

/** The answers to requests; nothing is requested twice at the same time. */
export const queryClient = new QueryClient({
  defaultOptions: {
    // An error is shown at once; `refetchEvery` retries after one that may pass.
    queries: { retry: false, networkMode: 'always', staleTime: 0, refetchOnWindowFocus: false },
    mutations: { retry: false, networkMode: 'always' },
  },
});

interface QueryLike {
  readonly state: { readonly error: unknown };
}

/**
 * For `refetchInterval`: refetches every `ms`, or never without it; after an error that may pass, when the server says
 * so.
 */
export function refetchEvery(ms?: number): (query: QueryLike) => number | false {
  return ({ state: { error } }) => {
    if (error instanceof ApiError) return error.passing ? (error.retryAfterMs ?? RETRY_MS) : false;
    return ms ?? false;
  };
}

interface PagesOptions {
  readonly everyMs?: number;
  /** While another list is read, shows the last one. */
  readonly keepsLast?: boolean;
}

/** A list that the API answers page by page; `read` gets the parameter that names the page. */
export function usePages<P extends { readonly next_cursor: string | null }>(
  queryKey: readonly unknown[],
  read: (page: { readonly cursor?: string }, signal: AbortSignal) => Promise<P>,
  { everyMs, keepsLast = false }: PagesOptions = {},
) {
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => read(pageParam === null ? {} : { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: refetchEvery(everyMs),
    ...(keepsLast && { placeholderData: keepPreviousData }),
  });
}

/**
 * An action of the reader: announces its result, and refetches the queries whose keys begin with one of `changes`. An
 * error stays in the result, to be shown in its place.
 */
export function useAction<T, V = void>(
  act: (value: V) => Promise<T>,
  options: { readonly said?: (result: T) => string; readonly changes?: readonly string[] },
): UseMutationResult<T, Error, V> {
  const queries = useQueryClient();
  const t = useTexts(commonTexts);
  return useMutation({
    mutationFn: act,
    onSuccess: (result) => {
      const { said, changes = [] } = options;
      if (said !== undefined) {
        const closeButtonProps = { 'aria-label': t.close };
        notifications.show({ message: said(result), color: 'green', closeButtonProps });
      }
      for (const key of changes) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}
