import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { isLoopback } from '../../lib/address.ts';
import { AppError } from '../../lib/app-error.ts';
import { CROSS_ORIGIN, ProblemError, TOKEN_REQUIRED, URI_TOO_LONG, WRONG_HOST } from './problem.ts';
import { hostOf } from './proxy.ts';
import type { Guard } from './serve-endpoint.ts';

const MOST_URL_CHARACTERS = 8_192;
const LEAST_TOKEN_CHARACTERS = 16;

/** Refuses an address longer than any this API has. */
export const lengthGuard: Guard = (raw) => {
  if (raw.url.length > MOST_URL_CHARACTERS) throw new ProblemError(URI_TOO_LONG);
};

/**
 * Serves only requests for a name of the server's own, with any port: `localhost`, `boundTo`, and `more`. A web page
 * that points a name of its own at this address (DNS rebinding) would otherwise read this API as its own origin. An IP
 * address can't be pointed anywhere, so each of them is taken.
 */
export function hostGuard(boundTo: string, more: readonly string[] = []): Guard {
  const allowed = new Set(['localhost', boundTo, ...more].map(hostName));
  let lastAllowed: string | undefined;
  return (raw) => {
    const host = hostOf(raw);
    if (host === lastAllowed) return;
    const name = hostName(host);
    if (!allowed.has(name) && isIP(name.replace(/^\[|\]$/g, '')) === 0) throw new ProblemError(WRONG_HOST);
    lastAllowed = host;
  };
}

/**
 * Refuses a request that a browser says comes from another site: by Fetch Metadata, or by Origin in browsers without
 * that.
 */
export const originGuard: Guard = (raw) => {
  const site = raw.headers.get('sec-fetch-site');
  const origin = raw.headers.get('origin');
  if (site !== null && site !== 'same-origin' && site !== 'none') throw new ProblemError(CROSS_ORIGIN);
  if (origin !== null && !(URL.canParse(origin) && new URL(origin).host === hostOf(raw)))
    throw new ProblemError(CROSS_ORIGIN);
};

/**
 * Lets only requests with the token through (RFC 6750, `Authorization: Bearer …`). Without a token, which checkToken
 * allows on the loopback only, all requests pass.
 */
export function tokenGuard(token: string): Guard {
  if (token === '') return () => {};
  const expected = digest(token);
  return (raw) => {
    const given = /^Bearer +(\S+) *$/i.exec(raw.headers.get('authorization') ?? '')?.[1] ?? '';
    // Digests have one length, so that the comparison tells nothing about the token's.
    if (!timingSafeEqual(digest(given), expected)) throw new ProblemError(TOKEN_REQUIRED);
  };
}

/** Where a server can be reached. */
export interface Reach {
  /** Address it is bound to. */
  readonly host: string;
  /** They pass on requests from other machines. */
  readonly trustedProxies?: readonly string[];
  /** Section of the settings that `host` is from, for errors; `server`. */
  readonly section?: string;
}

/** Whether anyone outside this machine can reach the server. */
export function isReachable({ host, trustedProxies = [] }: Reach): boolean {
  return !isLoopback(host) || trustedProxies.length > 0;
}

/**
 * @throws AppError `config_invalid` when a server with this reach and token (empty: none) would not be safe from
 * strangers
 */
export function checkToken(reach: Reach, token: string): void {
  if (token !== '' && token.length < LEAST_TOKEN_CHARACTERS) {
    throw new AppError(
      'config_invalid',
      `server.token has ${token.length} characters; it needs at least ${LEAST_TOKEN_CHARACTERS}`,
    );
  }
  if (token === '' && isReachable(reach)) {
    const where = isLoopback(reach.host)
      ? 'behind server.trustedProxies it'
      : `${reach.section ?? 'server'}.host ${reach.host}`;
    const open = reach.section === 'ops' ? ', or set server.openReads if anyone may read the metrics' : '';
    const message = `${where} can be reached from other machines, so there must be a token: set server.token (TEST_SERVICE_SERVER_TOKEN) or server.tokenFile, or bind to 127.0.0.1 without a proxy${open}; a good one: openssl rand -hex 24`;
    throw new AppError('config_invalid', message);
  }
}

/** `localhost:8001` → `localhost`; `[::1]:8001` → `[::1]`. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
