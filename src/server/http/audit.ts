import type { Logger } from '../../telemetry/logger.ts';
import type { Endpoint } from './endpoint.ts';
import { clientOf, pathOf } from './proxy.ts';
import type { Serve } from './serve-endpoint.ts';

/** Most characters of a body in a log line. */
const MOST_CHARACTERS = 1_000;

/** Whether the use of an endpoint is logged: of each one that only an operator may use, and that does something. */
export function isAudited({ spec }: Endpoint): boolean {
  return spec.access === 'guarded' && spec.method !== 'get';
}

/** For lines that are there whatever `log.level` is. */
export function auditLogger(logger: Logger): Logger {
  return logger.child({ audit: true }, { level: 'info' });
}

/**
 * Logs each use of an endpoint: who asked (`byToken`: with the server's token), for what, and what was answered.
 * `serveOf` makes what serves an endpoint; `audit` is `auditLogger`.
 */
export function audited(one: Endpoint, byToken: boolean, serveOf: (one: Endpoint) => Serve, audit: Logger): Serve {
  const { operationId, method, unlogged = [] } = one.spec;
  const bodies = new WeakMap<Request, unknown>();
  const serve = serveOf({
    ...one,
    handle: (request) => {
      bodies.set(request.raw, request.body);
      return one.handle(request);
    },
  });
  return (raw) => {
    const note = (response: Response): Response => {
      const body = brief(bodies.get(raw), unlogged);
      const { status } = response;
      const did = { action: operationId, method: method.toUpperCase(), path: pathOf(raw.url), body, status };
      // What lacks the token is logged as such.
      if (status !== 401) audit.info({ client: clientOf(raw), byToken, ...did }, 'audit');
      return response;
    };
    const response = serve(raw);
    return response instanceof Promise ? response.then(note) : note(response);
  };
}

/** Logs a request that lacks the token, or has a wrong one. */
export function auditRefused(raw: Request, audit: Logger): void {
  const given = raw.headers.has('authorization');
  const wanted = { method: raw.method, path: pathOf(raw.url) };
  audit.warn({ client: clientOf(raw), tokenGiven: given, ...wanted }, 'token refused');
}

/** The body without its `unlogged` members; as text, cut off, when it is long. */
function brief(body: unknown, unlogged: readonly string[]): unknown {
  if (typeof body !== 'object' || body === null) return undefined;
  const rest = Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, unlogged.includes(name) ? '…' : value]),
  );
  const text = JSON.stringify(rest);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : rest;
}
