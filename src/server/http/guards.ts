import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { ProblemError } from './problem.ts';
import type { Guard } from './serve-endpoint.ts';

const MOST_URL_CHARACTERS = 8_192;

/** Refuses an address longer than any this API has. */
export const lengthGuard: Guard = (raw) => {
  if (raw.url.length > MOST_URL_CHARACTERS) throw new ProblemError('uri-too-long');
};

/**
 * Serves only requests for a name of the server's own, with any port: `localhost`, `boundTo`, and `more`. A web page that points a name
 * of its own at this address (DNS rebinding) would otherwise read this API as its own origin. An IP address can't be pointed
 * anywhere, so each of them is taken.
 */
export function hostGuard(boundTo: string, more: readonly string[] = []): Guard {
  const allowed = new Set(['localhost', boundTo, ...more].map(hostName));
  let lastAllowed: string | undefined;
  return (raw) => {
    const host = hostOf(raw);
    if (host === lastAllowed) return;
    const name = hostName(host);
    if (!allowed.has(name) && isIP(name.replace(/^\[|\]$/g, '')) === 0) throw new ProblemError('wrong-host');
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
 * Lets only requests with the token through (RFC 6750, `Authorization: Bearer …`); all of them where there is none, which
 * createApp allows on the loopback only.
 */
export function tokenGuard(token: string): Guard {
  if (token === '') return () => {};
  const expected = digest(token);
  return (raw) => {
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
