import type { Logger } from '../../telemetry/logger.ts';
import { Deadlines } from './deadlines.ts';
import type { Endpoint, EndpointSpec } from './endpoint.ts';
import { checkToken, hostGuard, isReachable, lengthGuard, originGuard, tokenGuard } from './guards.ts';
import { METHOD_NOT_ALLOWED, NOT_FOUND, OVERLOADED, ProblemError, type ProblemOf, problemReply } from './problem.ts';
import { type Reply, toResponse } from './reply.ts';
import { type Guard, type Serve, serveEndpoint } from './serve-endpoint.ts';
import { Slots } from './slots.ts';

export interface HandlerOptions {
  /** Address the server is bound to. */
  readonly host: string;
  /** What requests must carry, by the `access` of the endpoint; empty for none, on the loopback only. */
  readonly token: string;
  /** Off the loopback, what only shows data asks for no token. */
  readonly openReads?: boolean;
  /** Proxies that pass on other machines' requests: with one, the loopback is no protection. */
  readonly trustedProxies?: readonly string[];
  /** Host names to answer for besides its own, see hostGuard. */
  readonly allowedHosts?: readonly string[];
  /** Most requests at once. */
  readonly maxConcurrentRequests: number;
  /** Longest request body. */
  readonly maxBodyBytes: number;
  /** Time a request may take. */
  readonly requestTimeoutMs: number;
  readonly endpoints: readonly Endpoint[];
  readonly problemOf?: ProblemOf;
  readonly logger: Logger;
  /** Answers, in a process that is not the first of several, for endpoints that are the first one's. */
  readonly forward?: (raw: Request) => Promise<Response>;
  /** Told of every reply a handler gives; tests check them against their descriptions. */
  readonly inspect?: (spec: EndpointSpec, reply: Reply) => void;
}

/** What serves a path, whatever the method. */
export interface Route extends Pick<EndpointSpec, 'unlimited' | 'idleSeconds'> {
  readonly serve: Serve;
}

/** The HTTP interface as functions from Request to Response: no socket, no Bun. They never reject. */
export interface Handler {
  /**
   * By path (`/orders/:order_uid`), for the server's own router, which wants them so: it is done before any JavaScript
   * runs.
   */
  readonly routes: ReadonlyMap<string, Route>;
  /** The route that router would choose for a path; one that says there is nothing where it has none. */
  find(path: string): Route;
}

/**
 * Makes the routes of endpoints. Each is one function, with no layers in between, so that a lookup that is answered at
 * once costs little more than the routing. @throws AppError `config_invalid` for a token that does not protect, see
 * checkToken
 */
export function createHandler(options: HandlerOptions): Handler {
  const { endpoints, forward, logger, problemOf, token } = options;
  checkToken(options, token);
  const atHost = hostGuard(options.host, options.allowedHosts);
  const withToken = tokenGuard(token);
  const reachable = isReachable(options);
  const asksForToken = {
    open: false,
    reading: reachable && options.openReads !== true,
    sending: reachable,
    guarded: true,
  };
  const fail = (raw: Request, error: unknown) => toResponse(problemReply(raw, error, logger, problemOf));
  const limits = {
    ...options,
    fail,
    deadlines: new Deadlines(options.requestTimeoutMs),
    slots: new Slots(options.maxConcurrentRequests, OVERLOADED),
  };

  const serveOf = (one: Endpoint): Serve => {
    const { method, access, ofFirstProcess } = one.spec;
    if (ofFirstProcess === true && forward !== undefined)
      return (raw) => forward(raw).catch((error: unknown) => fail(raw, error));
    const guards: Guard[] = [lengthGuard, atHost];
    if (method !== 'get') guards.push(originGuard);
    if (asksForToken[access]) guards.push(withToken);
    return serveEndpoint(one, { ...limits, guards });
  };

  /** OPTIONS says which methods there are; others are refused. */
  const refuse =
    (methods: readonly string[]): Serve =>
    (raw) => {
      try {
        lengthGuard(raw);
        atHost(raw);
        if (methods.length === 0) throw new ProblemError(NOT_FOUND);
        const headers = { allow: [...methods, 'OPTIONS'].join(', ') };
        if (raw.method === 'OPTIONS') return toResponse({ status: 204, headers });
        throw new ProblemError(METHOD_NOT_ALLOWED, undefined, {}, headers);
      } catch (error) {
        return fail(raw, error);
      }
    };

  const routeOf = (ofPath: readonly Endpoint[]): Route => {
    const byMethod = new Map<string, Serve>();
    for (const one of ofPath) {
      const serve = serveOf(one);
      byMethod.set(one.spec.method.toUpperCase(), serve);
      if (one.spec.method === 'get') byMethod.set('HEAD', serve);
    }
    const others = refuse([...byMethod.keys()]);
    const { unlimited = false, idleSeconds } = Object.assign({}, ...ofPath.map(({ spec }) => spec));
    return {
      serve: (raw) => (byMethod.get(raw.method) ?? others)(raw),
      unlimited,
      ...(idleSeconds !== undefined && { idleSeconds }),
    };
  };

  const byPath = Map.groupBy(endpoints, ({ spec }) => spec.path.replace(/\{(\w+)\}/g, ':$1'));
  const routes = new Map([...byPath].map(([path, ofPath]) => [path, routeOf(ofPath)]));
  const patterns = [...routes]
    .filter(([path]) => path.includes(':'))
    .map(([path, route]) => ({ pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`), route }));
  const nowhere: Route = { serve: refuse([]) };
  return {
    routes,
    find: (path) => {
      const plain = decoded(path);
      return routes.get(plain) ?? patterns.find(({ pattern }) => pattern.test(plain))?.route ?? nowhere;
    },
  };
}

/** The response to a request, by its path. */
export function answer(handler: Handler, request: Request): Response | Promise<Response> {
  return handler.find(pathOf(request.url)).serve(request);
}

/** `http://localhost:8001/healthz?x` → `/healthz`, also of an address that is only a path. */
export function pathOf(url: string): string {
  return /^(?:\w+:\/\/[^/?]*)?([^?]*)/.exec(url)?.[1] ?? '';
}

/** The path without needless percent-encoding. What separates segments stays encoded. */
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
