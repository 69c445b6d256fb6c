import { Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import type { Logger } from '../../telemetry/logger.ts';
import { docsEndpoints } from '../api/service/docs.ts';
import { type WebClient, webEndpoints } from '../web/web.ts';
import { Deadlines } from './deadlines.ts';
import type { Endpoint, EndpointSpec } from './endpoint.ts';
import { hostGuard, lengthGuard, originGuard, tokenGuard } from './guards.ts';
import { ProblemError, problemReply } from './problem.ts';
import { type Reply, toResponse } from './reply.ts';
import { LiteralFirstRouter } from './router.ts';
import { type Guard, type Serve, serveEndpoint } from './serve-endpoint.ts';
import type { Handler } from './server.ts';
import { checkToken, isReachable } from './token.ts';

export interface AppOptions {
  /** Address the server is bound to. */
  readonly host: string;
  /** What requests must carry, by the `access` of what they ask for; empty for none, on the loopback only. */
  readonly token: string;
  /** Off the loopback, what only shows data asks for no token. */
  readonly openReads?: boolean;
  /** Proxies that pass on other machines' requests: with one, the loopback is no protection. */
  readonly trustedProxies?: readonly string[];
  /** Host names to answer for besides its own, see hostGuard. */
  readonly allowedHosts?: readonly string[];
  /** Most requests under way. */
  readonly maxConcurrentRequests: number;
  /** Longest request body. */
  readonly maxBodyBytes: number;
  /** Time a request may take. */
  readonly requestTimeoutMs: number;
  /** The API, see `apiEndpoints`. */
  readonly endpoints: readonly Endpoint[];
  readonly web: WebClient;
  readonly logger: Logger;
  /** Answers, in a process that is not the first of several, for endpoints that are the first one's. */
  readonly forward?: (raw: Request) => Promise<Response>;
  /** Told of every answer a handler gives; tests hold them against their descriptions. */
  readonly inspect?: (spec: EndpointSpec, reply: Reply) => void;
}

/** The HTTP interface, those of its routes that are worth a router of the server's own, and what is special about some paths. */
export type App = Hono & Required<Pick<Handler, 'direct' | 'special'>>;

/**
 * The HTTP interface as a function from Request to Response: no socket, no Bun. It never rejects. Each route is one function,
 * with no layers in between, so that a lookup that is answered at once costs little more than the routing.
 * @throws AppError `config_invalid` for a token that does not protect, see checkToken
 */
export function createApp(options: AppOptions): App {
  const { token, logger, requestTimeoutMs } = options;
  const endpoints = [...options.endpoints, ...docsEndpoints(options.endpoints), ...webEndpoints(options.web)];
  const app = new Hono({ router: new LiteralFirstRouter() });
  const direct: Record<string, { GET?: Serve; POST?: Serve }> = {};
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
  const deadlines = new Deadlines(requestTimeoutMs, options.maxConcurrentRequests);
  for (const one of endpoints) {
    const { method, path, access } = one.spec;
    const guards: Guard[] = [lengthGuard, atHost];
    if (method !== 'get') guards.push(originGuard);
    if (asksForToken[access]) guards.push(withToken);
    const forward = one.spec.ofFirstProcess === true ? options.forward : undefined;
    const fail = (raw: Request, error: unknown) => toResponse(problemReply(raw, error, logger));
    const passOn = forward && ((raw: Request) => forward(raw).catch((error: unknown) => fail(raw, error)));
    const serve = passOn ?? serveEndpoint(one, { ...options, deadlines, guards });
    app.on(method.toUpperCase(), routePath(path), (c) => serve(c.req.raw));
    if (one.spec.frequent === true)
      direct[routePath(path)] = { ...direct[routePath(path)], [method.toUpperCase()]: serve };
  }
  const elsewhere = otherMethods(endpoints);
  const refuse = (raw: Request, path: string): Response => {
    try {
      lengthGuard(raw);
      atHost(raw);
      return toResponse(elsewhere(raw.method, path));
    } catch (error) {
      return toResponse(problemReply(raw, error, logger));
    }
  };
  app.notFound(({ req: { raw, path } }) => refuse(raw, path));
  // The server's own router would take `…/orders/bulk` for the address of an order.
  const gets = new Set(endpoints.flatMap(({ spec }) => (spec.method === 'get' ? [spec.path] : [])));
  for (const { spec } of endpoints) {
    if (gets.has(spec.path) || routePath(spec.path) !== spec.path) continue;
    const refused = (raw: Request): Response => refuse(raw, spec.path);
    direct[spec.path] = { ...direct[spec.path], ['GET']: refused };
  }
  const special = new Map(
    endpoints.flatMap(({ spec: { path, unlimited, idleSeconds } }) =>
      unlimited === undefined && idleSeconds === undefined
        ? []
        : [[path, { unlimited, idleSeconds }] as const],
    ),
  );
  return Object.assign(app, { direct, special });
}

/**
 * What no endpoint takes: OPTIONS says what the path takes, another method is refused, and the rest is not there. A path that is
 * an endpoint's own to the letter has the methods of that one, though it may be the address of an order, too.
 */
function otherMethods(endpoints: readonly Endpoint[]): (method: string, path: string) => Reply {
  const paths = new TrieRouter<EndpointSpec>();
  for (const { spec } of endpoints) paths.add('ALL', routePath(spec.path), spec);
  return (method, path) => {
    const matching = paths.match('ALL', path)[0].map(([spec]) => spec);
    const own = matching.filter((spec) => spec.path === path);
    const taken = new Set((own.length > 0 ? own : matching).map((spec) => spec.method.toUpperCase()));
    if (taken.size === 0) throw new ProblemError('not-found');
    if (taken.has('GET')) taken.add('HEAD');
    const headers = { allow: [...taken, 'OPTIONS'].join(', ') };
    if (method === 'OPTIONS') return { status: 204, headers };
    throw new ProblemError('method-not-allowed', undefined, {}, headers);
  };
}

/** `/orders/{order_uid}` → `/orders/:order_uid`. */
function routePath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
