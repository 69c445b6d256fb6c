import Type from 'typebox';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { basePathOf } from './proxy.ts';
import { NO_STORE, type Reply } from './reply.ts';

/** A kind of error the server answers with: what it is called, and what to do about it. */
export interface Problem {
  /** Last part of the document's `type`. */
  readonly name: string;
  readonly status: number;
  readonly title: string;
  /** What the client can do. */
  readonly advice: string;
  readonly retryAfterSeconds?: number;
}

/** Problems any HTTP server has. */
export const BAD_REQUEST: Problem = {
  name: 'bad-request',
  status: 400,
  title: 'The request is invalid',
  advice: '`violations` names each wrong parameter; /openapi.json describes the right ones.',
};
export const BAD_JSON: Problem = {
  name: 'bad-json',
  status: 400,
  title: 'The body is not JSON',
  advice: 'Send JSON text in UTF-8 (RFC 8259).',
};
export const TOKEN_REQUIRED: Problem = {
  name: 'token-required',
  status: 401,
  title: 'The token is required',
  advice: 'Send the header Authorization: Bearer …, with the token the server was started with.',
};
export const CROSS_ORIGIN: Problem = {
  name: 'cross-origin',
  status: 403,
  title: 'Requests from other sites are refused',
  advice: 'Call from the same origin, or from a program that is not a browser.',
};
export const NOT_FOUND: Problem = {
  name: 'not-found',
  status: 404,
  title: 'There is nothing at this path',
  advice: 'See /openapi.json.',
};
export const METHOD_NOT_ALLOWED: Problem = {
  name: 'method-not-allowed',
  status: 405,
  title: 'This path does not allow this method',
  advice: 'The Allow header names those it allows.',
};
export const REQUEST_TIMEOUT: Problem = {
  name: 'request-timeout',
  status: 408,
  title: 'The request did not arrive in time',
  advice: 'Send it again.',
};
export const BODY_TOO_LARGE: Problem = {
  name: 'body-too-large',
  status: 413,
  title: 'The body is too large',
  advice: 'The limit is server.maxBodyBytes.',
};
export const URI_TOO_LONG: Problem = {
  name: 'uri-too-long',
  status: 414,
  title: 'The address is too long',
  advice: 'It may have 8192 characters. If there is a request with a body for the same, send that.',
};
export const UNSUPPORTED_MEDIA_TYPE: Problem = {
  name: 'unsupported-media-type',
  status: 415,
  title: 'The type of the body is not supported',
  advice:
    'Send the content-type that the detail names, in UTF-8, with content-encoding gzip, zstd, br, deflate or none.',
};
export const WRONG_HOST: Problem = {
  name: 'wrong-host',
  status: 421,
  title: 'This server does not serve this host name',
  advice: 'It serves localhost, server.host, any IP address and server.allowedHosts: this prevents DNS rebinding.',
};
export const INVALID_BODY: Problem = {
  name: 'invalid-body',
  status: 422,
  title: 'The body is JSON, but does not match the schema',
  advice: '`violations` says where and how; /openapi.json has the schema.',
};
export const TOO_MANY_REQUESTS: Problem = {
  name: 'too-many-requests',
  status: 429,
  title: 'Too many requests from this address',
  advice: 'The limit is server.rateLimit. Wait as long as Retry-After says.',
  retryAfterSeconds: 1,
};
export const INTERNAL: Problem = {
  name: 'internal',
  status: 500,
  title: 'Something went wrong here',
  advice: 'The log has the same `instance`.',
};
export const OVERLOADED: Problem = {
  name: 'overloaded',
  status: 503,
  title: 'The server is handling too many requests',
  advice: 'The limit is server.maxConcurrentRequests. Try again later.',
  retryAfterSeconds: 1,
};
export const TOO_MANY_AT_ONCE: Problem = {
  name: 'too-many-at-once',
  status: 503,
  title: 'Too many of these requests are in progress',
  advice: 'Streams and searches are limited in number. Try again later.',
  retryAfterSeconds: 5,
};
export const TIMED_OUT: Problem = {
  name: 'timed-out',
  status: 503,
  title: 'The answer took too long',
  advice: 'The limit is server.requestTimeoutMs. Try again later.',
  retryAfterSeconds: 2,
};

/** Those that need no endpoint to name them. */
export const GENERAL_PROBLEMS: readonly Problem[] = [
  BAD_REQUEST,
  BAD_JSON,
  TOKEN_REQUIRED,
  CROSS_ORIGIN,
  NOT_FOUND,
  METHOD_NOT_ALLOWED,
  REQUEST_TIMEOUT,
  BODY_TOO_LARGE,
  URI_TOO_LONG,
  UNSUPPORTED_MEDIA_TYPE,
  WRONG_HOST,
  INVALID_BODY,
  TOO_MANY_REQUESTS,
  INTERNAL,
  OVERLOADED,
  TOO_MANY_AT_ONCE,
  TIMED_OUT,
];

const PLACES = ['path', 'query', 'header', 'body'] as const;

/** One thing that is wrong with a request. */
export interface RequestViolation {
  readonly in: (typeof PLACES)[number];
  /** JSON Pointer (RFC 6901) in a body, otherwise the parameter's name. */
  readonly pointer: string;
  readonly message: string;
}

/** An RFC 9457 document as schemas describe it; `more` are the members that some kinds add. */
export function problemSchema<const M extends Type.TProperties>(more: M) {
  return Type.Object(
    {
      type: Type.String({ format: 'uri-reference' }),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String(),
      instance: Type.String({ format: 'uri-reference' }),
      ...more,
      violations: Type.Optional(
        Type.Array(
          Type.Object(
            {
              in: Type.Enum([...PLACES]),
              pointer: Type.String({
                description: 'JSON Pointer (RFC 6901) in a body, otherwise the parameter’s name',
              }),
              message: Type.String(),
            },
            { additionalProperties: false },
          ),
          { description: 'Everything that is wrong with the request' },
        ),
      ),
    },
    { $id: 'Problem' },
  );
}

/** Thrown by a handler to answer with a problem document. `detail` and `more` are shown to the client. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  readonly detail: string | undefined;
  readonly more: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problem: Problem,
    detail?: string,
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail ?? problem.title);
    this.problem = problem;
    this.detail = detail;
    this.more = more;
    this.headers = headers;
  }
}

/** A parameter of the query that is wrong in a way its schema can't tell. */
export function badParameter(name: string, message: string): ProblemError {
  return violated(BAD_REQUEST, [{ in: 'query', pointer: name, message }]);
}

/** A body that is wrong in a way its schema can't tell. `pointer` is an RFC 6901 JSON Pointer. */
export function badBody(pointer: string, message: string): ProblemError {
  return violated(INVALID_BODY, [{ in: 'body', pointer, message }]);
}

/** A problem with everything that was found wrong; the first violation is the detail. */
export function violated(
  problem: Problem,
  violations: readonly RequestViolation[],
  more: Readonly<Record<string, unknown>> = {},
): ProblemError {
  const [first] = violations;
  const where = first === undefined ? '' : first.in === 'body' ? first.pointer || '/' : `${first.in} ${first.pointer}`;
  const detail = first === undefined ? undefined : `${where}: ${first.message}`;
  return new ProblemError(problem, detail, { ...more, violations });
}

/** The problem that an error of the application is; undefined for one that is nobody's fault but the server's. */
export type ProblemOf = (error: unknown) => Problem | undefined;

/** The parts of a request that the log and the document name. */
interface FailedRequest {
  readonly method: string;
  readonly url: string;
}

/**
 * Turns whatever a handler threw into an RFC 9457 document. A 5xx is logged under the `instance` the client sees, and
 * tells the client nothing but its kind.
 */
export function problemReply(
  request: FailedRequest,
  error: unknown,
  logger: Logger,
  problemOf: ProblemOf = () => undefined,
): Reply {
  const thrown = error instanceof ProblemError ? error : new ProblemError(problemOf(error) ?? INTERNAL);
  const { name, status, title, advice, retryAfterSeconds } = thrown.problem;
  const base = basePathOf(request);
  const path = base + (URL.canParse(request.url) ? new URL(request.url).pathname : '/');
  let instance = path;
  if (status >= 500) {
    instance = `urn:uuid:${crypto.randomUUID()}`;
    const fields = { instance, method: request.method, path, reason: messageOf(error) };
    if (status === 500) logger.error({ ...fields, err: error }, 'request failed');
    else logger.warn(fields, 'request could not be served');
  }
  const document = {
    type: `${base}/problems/${name}`,
    title,
    status,
    detail: thrown.detail ?? advice,
    instance,
    ...thrown.more,
  };
  return {
    status,
    json: document,
    headers: {
      ...NO_STORE,
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      // The rest of the body is still to come on this connection and will not be read.
      ...((status === 408 || status === 413) && { connection: 'close' }),
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...thrown.headers,
    },
  };
}
