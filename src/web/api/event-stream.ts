import { createParser } from 'eventsource-parser';
import { basePath } from '../app/base.ts';
import { ApiError } from './api-error.ts';
import { authorize, refused } from './client.ts';
import { currentToken } from './token.ts';

export interface EventHandlers {
  /** `data` is parsed JSON. */
  readonly onEvent: (name: string, data: unknown) => void;
  /** Undefined once the server answers; an error whenever the stream ends, after which it is opened again. */
  readonly onState: (error: ApiError | undefined) => void;
}

const RETRY_MS = 2_000;

/** Follows the server-sent events of a path, with the token, over reconnects, until the function it gives is called. */
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

async function followOnce(
  url: string,
  { onEvent, onState }: EventHandlers,
  signal: AbortSignal,
): Promise<void> {
  const headers = new Headers({ accept: 'text/event-stream' });
  authorize(headers);
  const response = await fetch(basePath + url, { headers, signal });
  if (!response.ok) throw refused(response, await response.json().catch(() => undefined));
  if (response.body === null) return;
  onState(undefined);
  const parser = createParser({ onEvent: ({ event = 'message', data }) => onEvent(event, JSON.parse(data)) });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) parser.feed(part.value);
}

/** Until it is worth another try: after a while, or when there is another token. */
async function pause(error: ApiError, signal: AbortSignal): Promise<void> {
  const token = currentToken();
  do await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? RETRY_MS));
  while (error.kind === 'token-required' && currentToken() === token && !signal.aborted);
}
