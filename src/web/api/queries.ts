import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api-error.ts';

const RETRY_MS = 2_000;

/** What was asked for, by page; nothing is asked twice at the same time. */
export const queryClient = new QueryClient({
  defaultOptions: {
    // An error is shown at once; what may pass is tried again by `refetchEvery`.
    queries: { retry: false, networkMode: 'always', staleTime: 0, refetchOnWindowFocus: false },
    mutations: { retry: false, networkMode: 'always' },
  },
});

interface QueryLike {
  readonly state: { readonly error: unknown };
}

/** For `refetchInterval`: again after `ms`, never without; after an error that may pass, when the server says. */
export function refetchEvery(ms?: number): (query: QueryLike) => number | false {
  return ({ state: { error } }) => {
    if (error instanceof ApiError) return error.passing ? (error.retryAfterMs ?? RETRY_MS) : false;
    return ms ?? false;
  };
}
