import type { Logger } from '../../telemetry/logger.ts';
import { audited, auditLogger, auditRefused, isAudited } from './audit.ts';
import { Deadlines } from './deadlines.ts';
import type { Endpoint, EndpointSpec } from './endpoint.ts';
import { checkToken, hostGuard, isReachable, lengthGuard, originGuard, tokenGuard } from './guards.ts';
import {
  METHOD_NOT_ALLOWED,
  NOT_FOUND,
  OVERLOADED,
  ProblemError,
  type ProblemOf,
  problemReply,
  TOKEN_REQUIRED,
} from './problem.ts';
import { pathOf } from './proxy.ts';
import { type PlainReply, type Reply, toResponse } from './reply.ts';
import { type Guard, type Serve, serveEndpoint } from './serve-endpoint.ts';
import { Slots } from './slots.ts';

export interface HandlerOptions {
  /** Address the server is bound to. */
  readonly host: string;
  /** Section of the settings that `host` is from, for errors; `server`. */
  readonly section?: string;
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
  /** What a browser gets at a path where there is nothing; undefined: a problem, as programs do. */
  readonly nothingAt?: (path: string) => PlainReply<404> | undefined;
  readonly logger: Logger;
  /** Answers, in a process that is not the first of several, for endpoints that are the first one's. */
  readonly forward?: (raw: Request) => Promise<Response>;
  /** Told of every reply a handler gives; tests check them against their descriptions. */
  readonly inspect?: (spec: EndpointSpec, reply: Reply) => void;
}

/** What serves a path, whatever the method. */
export interface Route extends Pick<EndpointSpec, 'unlimited' | 'idleSeconds'> {
  /** `/api/v1/orders/{order_uid}`; absent where there is nothing. */
  readonly path?: string;
  readonly serve: Serve;
  /** True when the log says who asked, so `clientOf` must know. */
  readonly logsClient?: boolean;
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
  const { endpoints, forward, logger, nothingAt, problemOf, token } = options;
  const audit = auditLogger(logger);
  const atHost = hostGuard(options.host, options.allowedHosts);
  const withToken = tokenGuard(token);
  const reachable = isReachable(options);
  const asksForToken = {
    open: false,
    reading: reachable && options.openReads !== true,
    sending: reachable,
    guarded: true,
  };
  if (endpoints.some(({ spec }) => asksForToken[spec.access])) checkToken(options, token);
  const fail = (raw: Request, error: unknown) => {
    if (error instanceof ProblemError && error.problem === TOKEN_REQUIRED) auditRefused(raw, audit);
    return toResponse(problemReply(raw, error, logger, problemOf));
  };
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
    const serve = (endpoint: Endpoint): Serve => serveEndpoint(endpoint, { ...limits, guards });
    return isAudited(one) ? audited(one, token !== '', serve, audit) : serve(one);
  };

  /** OPTIONS says which methods there are; others are refused. */
  const refuse =
    (methods: readonly string[]): Serve =>
    (raw) => {
      try {
        lengthGuard(raw);
        atHost(raw);
        if (methods.length === 0) {
          const page = wantsPage(raw) ? nothingAt?.(pathOf(raw.url)) : undefined;
          if (page === undefined) throw new ProblemError(NOT_FOUND);
          return toResponse(page);
        }
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
    const { path, unlimited = false, idleSeconds } = Object.assign({}, ...ofPath.map(({ spec }) => spec));
    return {
      path,
      serve: (raw) => (byMethod.get(raw.method) ?? others)(raw),
      unlimited,
      logsClient: ofPath.some((one) => isAudited(one) || (token !== '' && asksForToken[one.spec.access])),
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

/** Whether someone has typed an address, or followed a link. */
function wantsPage({ method, headers }: Request): boolean {
  return (method === 'GET' || method === 'HEAD') && headers.get('accept')?.includes('text/html') === true;
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
