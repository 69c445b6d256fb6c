import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../lib/loopback.ts';
import { ProblemError } from './problem.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * On the loopback, only requests for a name of the loopback are served, with any port. A web page that points a name
 * of its own at 127.0.0.1 (DNS rebinding) would otherwise read this API as its own origin.
 */
export function hostGuard(boundTo: string): MiddlewareHandler {
  const allowed = new Set([...LOOPBACK_NAMES, boundTo.includes(':') ? `[${boundTo}]` : boundTo]);
  const guarded = isLoopback(boundTo);
  return async (c, next) => {
    if (guarded && !allowed.has(hostName(c.req.header('host') ?? new URL(c.req.url).host)))
      throw new ProblemError('wrong-host');
    await next();
  };
}

/**
 * Refuses a request that changes or asks something with a body when a browser says it comes from another site: by
 * Fetch Metadata, or by Origin where a browser has none.
 */
export const originGuard: MiddlewareHandler = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin');
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw new ProblemError('cross-origin');
    if (origin !== undefined && hostOf(origin) !== (c.req.header('host') ?? new URL(c.req.url).host))
      throw new ProblemError('cross-origin');
  }
  await next();
};

/** `localhost:8001` → `localhost`; `[::1]:8001` → `[::1]`. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

/** An origin's host with its port, or undefined for `null` and what is no origin. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
