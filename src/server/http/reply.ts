/** What a response may be made of. */
export type ReplyBody = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;

/** What an endpoint answers with. */
export interface Reply<S extends number = number> {
  readonly status: S;
  /** Headers beside the security headers; or a whole set made by `readyHeaders`, to be used again and again. */
  readonly headers?: Readonly<Record<string, string>> | Headers;
  /** A value sent as JSON. */
  readonly json?: unknown;
  /** Any other body; its content-type is among the headers. */
  readonly body?: ReplyBody;
}

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

/** Headers of a response that are the same many times: made once, with the security headers, they cost next to nothing. */
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
