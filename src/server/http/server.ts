import { formatAddress } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { answer, type Handler, type Route } from './handler.ts';
import { ProblemError, problemReply, TOO_MANY_REQUESTS } from './problem.ts';
import {
  type Arrived,
  basePathOf,
  behindProxy,
  clientOf,
  type ProxyOptions,
  pathOf,
  withBasePath,
  withClient,
} from './proxy.ts';
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
  /** Section of the settings that `host` and `port` are from, for errors; `server`. */
  readonly section?: string;
  /** Whether other processes serve on the port: it must be free for the `first`; the others join `beside` it. */
  readonly shared?: 'alone' | 'first' | 'beside';
  /**
   * Where all connections come from a listener of this process: the client whose connection comes from that port of
   * the loopback. Whoever else connects is refused.
   */
  readonly clientAt?: (port: number) => string | undefined;
}

export interface RunningServer {
  /** Where it listens, without a slash at the end: `http://127.0.0.1:8001`. */
  readonly url: string;
  readonly port: number;
  /**
   * Accepts nothing new, lets requests in progress end, and cuts them after `deadlineMs`. Resolves when all connections
   * are closed, and says in words what it cut; idempotent.
   */
  close(deadlineMs: number): Promise<string | undefined>;
}

/** Listens. @throws AppError `port_in_use`, or `config_invalid` for an address this machine does not have. */
export function startServer(handler: Handler, options: ListenOptions, logger: Logger): RunningServer {
  const server = listen(handler, options, logger);
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

type BunServe = (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;

/** The request with a full address. Without a valid Host, as in HTTP/1.0, Bun gives it only a path. */
function addressed(request: Request): Request {
  return request.url.startsWith('/') ? new Request(`http://localhost${request.url}`, request) : request;
}

/** The response that refuses a client past the rate limit; undefined for a client within it. */
function limiter(rateLimit: number, logger: Logger): (from: Arrived) => Response | undefined {
  if (rateLimit === 0) return () => undefined;
  const limit = new RateLimit(rateLimit);
  return ({ request, client }) => {
    const seconds = limit.secondsToWait(client);
    if (seconds === 0) return undefined;
    const headers = { 'retry-after': String(seconds) };
    return toResponse(problemReply(request, new ProblemError(TOO_MANY_REQUESTS, undefined, {}, headers), logger));
  };
}

/**
 * Wraps routes: undoes what a proxy has changed, applies the rate limit, and sets the route's time-out. Costs next to
 * nothing where there is neither proxy nor limit. Without a route, and for a path that a proxy has changed, it looks
 * for the route itself.
 */
function gateway(handler: Handler, options: ListenOptions, logger: Logger): (route?: Route) => BunServe {
  const { clientAt, rateLimit = 0 } = options;
  const undo = behindProxy(options);
  const refusalOf = limiter(rateLimit, logger);
  const needsPeer = undo !== undefined || rateLimit > 0 || clientAt !== undefined;
  return (route) => {
    const plain = needsPeer || route?.logsClient === true || route?.idleSeconds !== undefined ? undefined : route;
    return (raw, server) => {
      // Bun's router compares paths as they are: one that is escaped without need is left to the handler.
      const escaped = raw.url.includes('%');
      if (plain !== undefined && !escaped) return plain.serve(addressed(raw));
      const whole = addressed(raw);
      const from = server.requestIP(raw);
      const peer = clientAt === undefined ? (from?.address ?? '') : clientAt(from?.port ?? 0);
      if (peer === undefined) return new Response(null, { status: 403 });
      const arrived = undo?.(whole, peer) ?? { request: whole, client: peer };
      if (arrived instanceof Response) return arrived;
      const { request } = arrived;
      const known = request === whole && !escaped ? route : undefined;
      const { serve, unlimited = false, idleSeconds } = known ?? handler.find(pathOf(request.url));
      if (idleSeconds !== undefined) server.timeout(raw, idleSeconds);
      const refusal = unlimited ? undefined : refusalOf(arrived);
      return refusal ?? serve(withClient(request, arrived.client));
    };
  };
}

function listen(handler: Handler, options: ListenOptions, logger: Logger): Bun.Server<undefined> {
  const { host, port, shared = 'alone' } = options;
  const gate = gateway(handler, options, logger);
  try {
    // Anyone could share a shared port, so the first process checks that it is free.
    if (shared === 'first')
      void Bun.serve({ hostname: host, port, reusePort: false, fetch: () => new Response() }).stop(true);
    return Bun.serve({
      hostname: host,
      port,
      // Bun's default outside development on Linux is true: a second server would silently share the port.
      reusePort: shared !== 'alone',
      routes: Object.fromEntries([...handler.routes].map(([path, route]) => [path, gate(route)])),
      fetch: gate(),
      // The handler answers 413 itself, as a problem document; a streamed body has no limit, and what is not read is
      // not buffered.
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
    throw listenError(error, options);
  }
}

/** Why nothing can listen there, with the setting to change. */
export function listenError(error: unknown, { host, port, section = 'server' }: ListenOptions): AppError {
  const variable = `TEST_SERVICE_${section.toUpperCase()}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const message = `port ${port} on ${host} is in use: stop what listens there, or set ${section}.port (${variable}_PORT) to a free one`;
    return new AppError('port_in_use', message, { cause: error });
  }
  if (code === 'EADDRNOTAVAIL') {
    const message = `this machine has no address ${host}: set ${section}.host (${variable}_HOST) to one of its own`;
    return new AppError('config_invalid', message, { cause: error });
  }
  return new AppError('config_invalid', `can't listen on ${host}:${port}: ${messageOf(error)}`, { cause: error });
}

/** Headers of one connection, which are not passed on (RFC 9110 section 7.6.1), and those that fetch sets itself. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer'];

/** Carry base path and client of a request that is passed on; whatever the client sent in them is replaced. */
const BASE_PATH = 'x-forwarded-prefix';
const CLIENT = 'x-forwarded-for';

/** Passes requests on to the process that listens on a socket, and its answers back, streamed. */
export function forwardTo(socket: string): (raw: Request) => Promise<Response> {
  return async (raw) => {
    const headers = new Headers(raw.headers);
    for (const name of OF_THE_CONNECTION) headers.delete(name);
    headers.set(BASE_PATH, basePathOf(raw));
    headers.set(CLIENT, clientOf(raw));
    const { method, body, url, signal } = raw;
    const sent = { method, headers, body, signal, unix: socket, decompress: false } as const;
    // The socket has no TLS, also where the client's proxy does.
    return await fetch(url.replace(/^https:/, 'http:'), { ...sent, redirect: 'manual' });
  };
}

/** Listens on a socket for requests that other processes pass on. Whoever may read its folder can use it. */
export function listenOnSocket(handler: Handler, socket: string): { close(): Promise<void> } {
  const server = Bun.serve({
    unix: socket,
    fetch: (request) => {
      const { headers } = request;
      return answer(
        handler,
        withClient(withBasePath(request, headers.get(BASE_PATH) ?? ''), headers.get(CLIENT) ?? ''),
      );
    },
  });
  return { close: () => server.stop(true) };
}
