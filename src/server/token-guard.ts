import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../lib/loopback.ts';
import { ProblemError } from './problem.ts';

/**
 * Lets only requests with the token through (RFC 6750, `Authorization: Bearer …`). Without a token of its own, a server on the
 * loopback lets all through and any other server none.
 */
export function tokenGuard(host: string, token: string): MiddlewareHandler {
  const expected = digest(token);
  return async (c, next) => {
    if (token === '') {
      if (!isLoopback(host)) throw new ProblemError('token-not-set');
    } else {
      const given = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
      // Digests have one length, so that the comparison tells nothing about the token's.
      if (!timingSafeEqual(digest(given), expected)) {
        c.header('www-authenticate', 'Bearer');
        throw new ProblemError('token-required');
      }
    }
    await next();
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
