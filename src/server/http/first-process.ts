import { basePathOf, withBasePath } from './proxy.ts';
import type { Handler } from './server.ts';

/** Headers of one connection, which are not passed on (RFC 9110 section 7.6.1), and what fetch sees to itself. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer'];

/** Says what `basePathOf` said; set anew for every request that is passed on. */
const BASE_PATH = 'x-forwarded-prefix';

/** Passes requests on to the process that listens on a socket, as they are, and its answers back, streamed. */
export function forwardTo(socket: string): (raw: Request) => Promise<Response> {
  return async (raw) => {
    const headers = new Headers(raw.headers);
    for (const name of OF_THE_CONNECTION) headers.delete(name);
    headers.set(BASE_PATH, basePathOf(raw));
    const { method, body, url, signal } = raw;
    const sent = { method, headers, body, signal, unix: socket, decompress: false } as const;
    // The socket has no TLS, also where the client's proxy does.
    return await fetch(url.replace(/^https:/, 'http:'), { ...sent, redirect: 'manual' });
  };
}

/** Listens on a socket for what other processes pass on. It is open to who may read its folder. */
export function listenOnSocket(app: Handler, socket: string): { close(): Promise<void> } {
  const server = Bun.serve({
    unix: socket,
    fetch: (request) => app.fetch(withBasePath(request, request.headers.get(BASE_PATH) ?? '')),
  });
  return { close: () => server.stop(true) };
}
