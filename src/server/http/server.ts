import { formatAddress } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { ProblemError, problemReply } from './problem.ts';
import { type Arrived, behindProxy, type ProxyOptions } from './proxy.ts';
import { RateLimit } from './rate-limit.ts';
import { toResponse } from './reply.ts';

export interface ListenOptions extends ProxyOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly maxBodyBytes: number;
  readonly requestTimeoutMs: number;
  /** Requests per second of one client address; 0, the default, for no limit. */
  readonly rateLimit?: number;
  /** Whether other processes serve on the port: it must be free for the `first` of them, the others join `beside` it. */
  readonly shared?: 'alone' | 'first' | 'beside';
}

/** The part of a Hono application the server needs. */
export interface Handler {
  fetch(request: Request): Response | Promise<Response>;
  /** Of what `fetch` answers, what the server's own router can bring to its place: the routing is then done before any JavaScript runs. */
  readonly direct?: DirectRoutes;
  /** By path, where something is special: not limited, or with a time of its own without a byte. None of them is in `direct`. */
  readonly special?: ReadonlyMap<
    string,
    { readonly unlimited?: boolean | undefined; readonly idleSeconds?: number | undefined }
  >;
}

/** Answers by path (`/orders/:order_uid`) and method; a method that is not there goes to `fetch`. HEAD comes with GET. */
export type DirectRoutes = Readonly<Record<string, Partial<Record<'GET' | 'POST', Handler['fetch']>>>>;

export interface RunningServer {
  /** Where it listens, without a slash at the end: `http://127.0.0.1:8001`. */
  readonly url: string;
  readonly port: number;
  /**
   * Accepts nothing new, lets what is under way end, and after `deadlineMs` cuts it. Resolves when all connections are
   * closed, with what it cut, in words; idempotent.
   */
  close(deadlineMs: number): Promise<string | undefined>;
}

/** Listens. @throws AppError `port_in_use`, or `config_invalid` for an address this machine does not have. */
export function startServer(app: Handler, options: ListenOptions, logger: Logger): RunningServer {
  const server = listen(app, options, logger);
  const port = server.port ?? options.port;
  let closing: Promise<string | undefined> | undefined;
  const close = async (deadlineMs: number): Promise<string | undefined> => {
    const ended = server.stop();
    let cut: string | undefined;
    const timer = setTimeout(() => {
      const requests = server.pendingRequests;
      logger.warn({ requests }, 'cut the requests that did not end in time');
      if (requests > 0) cut = `${requests} requests`;
      void server.stop(true);
    }, deadlineMs);
    try {
      await ended;
      return cut;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    url: `http://${formatAddress({ host: options.host, port })}`,
    port,
    close: (deadlineMs) => {
      closing ??= close(deadlineMs);
      return closing;
    },
  };
}

type Serve = (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;

/** `http://localhost:8001/healthz?x` → `/healthz`, also of an address that is only a path. */
function pathOf(url: string): string {
  return /^(?:\w+:\/\/[^/?]*)?([^?]*)/.exec(url)?.[1] ?? '';
}

/** The request with a whole address. Bun gives one without a Host, as of HTTP/1.0, or with one that is no name, its path only. */
function addressed(request: Request): Request {
  return request.url.startsWith('/') ? new Request(`http://localhost${request.url}`, request) : request;
}

/** What puts the limit of requests a client before an answer; nothing where there is none. */
function limiter(rateLimit: number, logger: Logger): (from: Arrived) => Response | undefined {
  if (rateLimit === 0) return () => undefined;
  const limit = new RateLimit(rateLimit);
  return ({ request, client }) => {
    const seconds = limit.secondsToWait(client);
    if (seconds === 0) return undefined;
    const headers = { 'retry-after': String(seconds) };
    return toResponse(
      problemReply(request, new ProblemError('too-many-requests', undefined, {}, headers), logger),
    );
  };
}

/**
 * What stands before every answer: what a proxy has changed is undone, and the limit is kept. Next to nothing where there is neither.
 * `special` is looked up by the path that remains.
 */
function gateway(options: ListenOptions, logger: Logger) {
  const { rateLimit = 0 } = options;
  const undo = behindProxy(options);
  const refusalOf = limiter(rateLimit, logger);
  const needsPeer = undo !== undefined || rateLimit > 0;
  return (answer: Handler['fetch'], special?: Handler['special']): Serve => {
    if (!needsPeer && special === undefined) return (request) => answer(addressed(request));
    return (raw, server) => {
      const whole = addressed(raw);
      const peer = needsPeer ? (server.requestIP(raw)?.address ?? '') : '';
      const arrived = undo?.(whole, peer) ?? { request: whole, client: peer };
      if (arrived instanceof Response) return arrived;
      const { request } = arrived;
      const { unlimited = false, idleSeconds } = special?.get(pathOf(request.url)) ?? {};
      if (idleSeconds !== undefined) server.timeout(raw, idleSeconds);
      const refusal = unlimited ? undefined : refusalOf(arrived);
      return refusal ?? answer(request);
    };
  };
}

/** The same routes, each answer changed, at their paths after `basePath`, too. */
export function mapRoutes<T>(
  routes: DirectRoutes = {},
  change: (answer: Handler['fetch']) => T,
  basePath = '',
): Record<string, Partial<Record<'GET' | 'POST', T>>> {
  return Object.fromEntries(
    Object.entries(routes).flatMap(([path, { GET, POST }]) => {
      const changed = { ...(GET && { GET: change(GET) }), ...(POST && { POST: change(POST) }) };
      return [...new Set([path, basePath + path])].map((one) => [one, changed]);
    }),
  );
}

function listen(app: Handler, options: ListenOptions, logger: Logger): Bun.Server<undefined> {
  const { host, port, shared = 'alone', basePath } = options;
  const gate = gateway(options, logger);
  try {
    // A port that is shared could be shared with anyone's, so the first looks whether it is free.
    if (shared === 'first')
      void Bun.serve({ hostname: host, port, reusePort: false, fetch: () => new Response() }).stop(true);
    return Bun.serve({
      hostname: host,
      port,
      // Bun's default outside development on Linux is true: a second server would silently share the port.
      reusePort: shared !== 'alone',
      fetch: gate((request) => app.fetch(request), app.special),
      routes: mapRoutes(app.direct, gate, basePath),
      // The application answers 413 itself, as a problem document; a streamed body has no limit, and what is not read is not
      // buffered either.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      // Seconds without a byte; it also ends a connection that sends its headers too slowly.
      idleTimeout: Math.min(255, Math.ceil(options.requestTimeoutMs / 1000) + 5),
      development: false,
      error: (error) => {
        logger.error({ err: error }, 'request failed outside the application');
        return new Response(null, { status: 500 });
      },
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') {
      const message = `port ${port} on ${host} is in use: stop what listens there, or set server.port (TEST_SERVICE_SERVER_PORT) to a free one`;
      throw new AppError('port_in_use', message, { cause: error });
    }
    if (code === 'EADDRNOTAVAIL') {
      const message = `this machine has no address ${host}: set server.host (TEST_SERVICE_SERVER_HOST) to one of its own`;
      throw new AppError('config_invalid', message, { cause: error });
    }
    throw new AppError('config_invalid', `can't listen on ${host}:${port}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
