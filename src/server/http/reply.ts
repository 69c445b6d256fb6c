import type { Static, TSchema } from 'typebox';

/** What a response may be made of. */
type ReplyBody = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;

/** A response before it is on the wire. */
export interface Reply<S extends number = number> {
  readonly status: S;
  /** Headers beside the security headers; or a whole set made by `readyHeaders`, to be used again and again. */
  readonly headers?: Readonly<Record<string, string>> | Headers;
  /** A value sent as JSON. `ReplyTo` gives it the type of its schema. */
  readonly json?: Static<TSchema>;
  /** Any other body; its content-type is among the headers. */
  readonly body?: ReplyBody;
}

/** A reply without JSON. */
export interface PlainReply<S extends number> extends Reply<S> {
  readonly json?: undefined;
}

/** A response as OpenAPI describes it; `schema` for JSON, `contentTypes` for anything else, neither for no body. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: TSchema;
  readonly contentTypes?: readonly string[];
  /** Response headers by name: what they say. */
  readonly headers?: Readonly<Record<string, string | { readonly description: string; readonly schema: TSchema }>>;
}

export type Responses = Readonly<Record<number, ResponseSpec>>;

/**
 * What a handler may answer with: one of its endpoint's responses, by status, with JSON as the response's schema says.
 */
export type ReplyTo<R extends Responses> = {
  [S in keyof R & number]: Reply<S> &
    (R[S] extends { readonly schema: infer T extends TSchema }
      ? { readonly json: JsonOf<Static<T>> } | { readonly json?: undefined; readonly body: ReplyBody }
      : { readonly json?: undefined });
}[keyof R & number];

/** The same value, not to be changed. */
type JsonOf<T> = T extends readonly (infer E)[]
  ? readonly JsonOf<E>[]
  : T extends object
    ? { readonly [K in keyof T]: JsonOf<T[K]> }
    : T;

/** On every response. The policies for pages are in HTML_HEADERS: nothing else is ever rendered. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const;

/** On every page: it may load scripts, styles, images and data from here, and nothing else from anywhere. */
export const HTML_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const;

export const NO_STORE = { 'cache-control': 'no-store' } as const;

/** Headers that many responses share: made once, with the security headers, they cost next to nothing. */
export function readyHeaders(headers: Readonly<Record<string, string>>): Headers {
  return new Headers({ ...SECURITY_HEADERS, ...headers });
}

/** The response on the wire. */
export function toResponse({ status, headers, json, body }: Reply): Response {
  const ready = headers instanceof Headers ? headers : { ...SECURITY_HEADERS, ...headers };
  if (json === undefined) return new Response(body ?? null, { status, headers: ready });
  const typed = headers instanceof Headers ? ready : { 'content-type': 'application/json', ...ready };
  return new Response(JSON.stringify(json), { status, headers: typed });
}

const encoder = new TextEncoder();

/**
 * A body made of texts, each asked for when the client has taken the one before: a slow client costs no memory. When
 * the source fails, the connection is reset, so that the client can't mistake what it has for the whole. `onEnd` is
 * called once, with the error if there was one, also when the client goes away.
 */
export function textStream(
  texts: AsyncGenerator<string>,
  onEnd: (error?: unknown) => void,
): ReadableStream<Uint8Array> {
  let ended = false;
  const end = (error?: unknown): void => {
    if (ended) return;
    ended = true;
    onEnd(error);
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await texts.next();
          if (!done) {
            controller.enqueue(encoder.encode(value));
            return;
          }
          end();
          controller.close();
        } catch (error) {
          end(error);
          controller.error(error);
        }
      },
      cancel: async () => {
        end();
        await texts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
