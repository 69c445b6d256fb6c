import { createParser } from 'eventsource-parser';
import { useEffect, useRef, useState } from 'react';
import { ApiError, request, unreachable } from './client.ts';
import { currentToken } from './token.ts';

interface EventHandlers {
  /** `data` is parsed JSON. */
  readonly onEvent: (name: string, data: unknown) => void;
  /** Undefined once the server answers; an error each time the stream ends, before it is opened again. */
  readonly onState: (error: ApiError | undefined) => void;
}

const RETRY_MS = 2_000;

/** Follows the server-sent events of a path across reconnects, until the function it returns is called. */
export function followEvents(url: string, handlers: EventHandlers): () => void {
  const stop = new AbortController();
  void keepFollowing(url, handlers, stop.signal);
  return () => stop.abort();
}

async function keepFollowing(url: string, handlers: EventHandlers, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let error = new ApiError('unreachable', 0);
    try {
      await followOnce(url, handlers, signal);
    } catch (thrown) {
      if (thrown instanceof ApiError) error = thrown;
    }
    if (signal.aborted) return;
    handlers.onState(error);
    await pause(error, signal);
  }
}

async function followOnce(url: string, { onEvent, onState }: EventHandlers, signal: AbortSignal): Promise<void> {
  const response = await request(url, { headers: { accept: 'text/event-stream' }, signal });
  if (response.body === null) return;
  onState(undefined);
  const parser = createParser({ onEvent: ({ event = 'message', data }) => onEvent(event, JSON.parse(data)) });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) parser.feed(part.value);
}

/** Waits until another try makes sense: a while, or until the token has changed. */
async function pause(error: ApiError, signal: AbortSignal): Promise<void> {
  const token = currentToken();
  do await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? RETRY_MS));
  while (error.kind === 'token-required' && currentToken() === token && !signal.aborted);
}

/** The latest events of a stream. */
interface TailState<T> {
  /** Newest first. */
  readonly items: readonly T[];
  /** How many the server has left out. */
  readonly leftOut: number;
  /** Why no events arrive at present. */
  readonly error: ApiError | undefined;
}

const MOST_SHOWN = 100;
const DRAW_MS = 250;

/**
 * The last hundred events of one name that pass `isItem`, updated a few times a second. Without a URL the stream is not
 * followed, and the items stay.
 */
export function useTail<T>(url: string | undefined, name: string, isItem: (data: unknown) => data is T): TailState<T> {
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

/** A state that grows by one line of an answer at a time. */
interface LineFold<T> {
  readonly start: T;
  readonly withLine: (state: T, line: string) => T;
  /** Gets the state after each part of the answer. */
  readonly tell: (state: T) => void;
}

/** Posts, and folds the lines of the NDJSON answer while they arrive. @throws ApiError */
export async function postForLines<T>(path: string, init: RequestInit, fold: LineFold<T>): Promise<void> {
  const response = await request(path, { ...init, method: 'POST' });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let state = fold.start;
  let rest = '';
  for (;;) {
    const part = await reader?.read().catch(unreachable);
    if (part === undefined || part.done) return;
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    state = lines.reduce(fold.withLine, state);
    fold.tell(state);
  }
}
