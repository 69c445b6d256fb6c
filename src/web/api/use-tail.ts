import { useEffect, useRef, useState } from 'react';
import type { ApiError } from './api-error.ts';
import { followEvents } from './event-stream.ts';

/** What has come of a stream of events. */
export interface TailState<T> {
  /** Newest first. */
  readonly items: readonly T[];
  /** How many the server has left out. */
  readonly leftOut: number;
  /** Why nothing comes at present. */
  readonly error: ApiError | undefined;
}

const MOST_SHOWN = 100;
const DRAW_MS = 250;

/**
 * Follows a stream, the last hundred events of one name that `isItem` knows, drawn some times a second. Without a URL nothing is
 * followed, and what has come stays.
 */
export function useTail<T>(
  url: string | undefined,
  name: string,
  isItem: (data: unknown) => data is T,
): TailState<T> {
  const [items, setItems] = useState<readonly T[]>([]);
  const [leftOut, setLeftOut] = useState(0);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const isItemNow = useRef(isItem);
  isItemNow.current = isItem;
  useEffect(() => {
    if (url === undefined) return setError(undefined);
    let waiting: T[] = [];
    setItems([]);
    setLeftOut(0);
    const stop = followEvents(url, {
      onState: setError,
      onEvent: (event, data) => {
        if (event === name && isItemNow.current(data)) waiting.unshift(data);
        if (event === 'left_out' && isCount(data)) setLeftOut((count) => count + data.count);
        waiting = waiting.slice(0, MOST_SHOWN);
      },
    });
    const timer = setInterval(() => {
      if (waiting.length === 0) return;
      const arrived = waiting;
      waiting = [];
      setItems((shown) => [...arrived, ...shown].slice(0, MOST_SHOWN));
    }, DRAW_MS);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [url, name]);
  return { items, leftOut, error };
}

function isCount(data: unknown): data is { count: number } {
  return typeof data === 'object' && data !== null && 'count' in data && typeof data.count === 'number';
}
