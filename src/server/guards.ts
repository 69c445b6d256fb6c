import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../lib/loopback.ts';
import { ProblemError } from './problem.ts';
import type { Guard } from './serve-endpoint.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * On the loopback, only requests for a name of the loopback are served, with any port. A web page that points a name
 * of its own at 127.0.0.1 (DNS rebinding) would otherwise read this API as its own origin.
 */
export function hostGuard(boundTo: string): Guard {
  if (!isLoopback(boundTo)) return () => {};
  const allowed = new Set([...LOOPBACK_NAMES, boundTo.includes(':') ? `[${boundTo}]` : boundTo]);
  let lastAllowed: string | undefined;
  return (raw) => {
    const host = hostOf(raw);
    if (host === lastAllowed) return;
    if (!allowed.has(hostName(host))) throw new ProblemError('wrong-host');
    lastAllowed = host;
  };
}

/**
 * Refuses a request that changes or asks something with a body when a browser says it comes from another site: by
 * Fetch Metadata, or by Origin where a browser has none.
 */
export const originGuard: Guard = (raw) => {
  const site = raw.headers.get('sec-fetch-site');
  const origin = raw.headers.get('origin');
  if (site !== null && site !== 'same-origin' && site !== 'none') throw new ProblemError('cross-origin');
  if (origin !== null && !(URL.canParse(origin) && new URL(origin).host === hostOf(raw)))
    throw new ProblemError('cross-origin');
};

/**
 * Lets only requests with the token through (RFC 6750, `Authorization: Bearer …`). Without a token of its own, a server on the
 * loopback lets all through and any other server none.
 */
export function tokenGuard(host: string, token: string): Guard {
  const expected = digest(token);
  return (raw) => {
    if (token === '') {
      if (!isLoopback(host)) throw new ProblemError('token-not-set');
      return;
    }
    const given = /^Bearer +(\S+) *$/i.exec(raw.headers.get('authorization') ?? '')?.[1] ?? '';
    // Digests have one length, so that the comparison tells nothing about the token's.
    if (!timingSafeEqual(digest(given), expected)) throw new ProblemError('token-required');
  };
}

function hostOf(raw: Request): string {
  return raw.headers.get('host') ?? new URL(raw.url).host;
}

/** `localhost:8001` → `localhost`; `[::1]:8001` → `[::1]`. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
