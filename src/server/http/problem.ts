import { AppError, type AppErrorCode, messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { PROBLEMS, type ProblemKind, type ProblemName } from './problem-kinds.ts';
import { basePathOf } from './proxy.ts';
import { NO_STORE, type Reply } from './reply.ts';

/** One thing that is wrong with a request. */
export interface RequestViolation {
  readonly in: 'path' | 'query' | 'header' | 'body';
  /** JSON Pointer (RFC 6901) in a body, otherwise the parameter's name. */
  readonly pointer: string;
  readonly message: string;
}

/** Thrown by a handler to answer with a problem document. `detail` and `more` are shown to the client. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: ProblemName;
  readonly detail: string | undefined;
  readonly more: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problem: ProblemName,
    detail?: string,
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail ?? PROBLEMS[problem].title);
    this.problem = problem;
    this.detail = detail;
    this.more = more;
    this.headers = headers;
  }
}

/** A parameter that is wrong in a way its schema can't tell. */
export function badParameter(
  place: 'path' | 'query' | 'header',
  name: string,
  message: string,
): ProblemError {
  return violated('bad-request', [{ in: place, pointer: name, message }]);
}

/** A body that is wrong in a way its schema can't tell. `pointer` is an RFC 6901 JSON Pointer. */
export function badBody(pointer: string, message: string): ProblemError {
  return violated('invalid-body', [{ in: 'body', pointer, message }]);
}

/** A problem with everything that was found wrong; the first of it is the detail. */
export function violated(
  problem: ProblemName,
  violations: readonly RequestViolation[],
  more: Readonly<Record<string, unknown>> = {},
): ProblemError {
  const [first] = violations;
  const where =
    first === undefined ? '' : first.in === 'body' ? first.pointer || '/' : `${first.in} ${first.pointer}`;
  const detail = first === undefined ? undefined : `${where}: ${first.message}`;
  return new ProblemError(problem, detail, { ...more, violations });
}

const BY_CODE: Partial<Record<AppErrorCode, ProblemName>> = {
  database_unavailable: 'database-unavailable',
  kafka_unavailable: 'kafka-unavailable',
  kafka_rejected: 'kafka-rejected',
  kafka_refuses: 'kafka-refuses',
  cache_unavailable: 'cache-unavailable',
  topic_missing: 'kafka-unavailable',
  busy: 'dead-letters-busy',
};

/** What a problem is about, as the log and the document name it. */
interface FailedRequest {
  readonly method: string;
  readonly url: string;
}

/**
 * Whatever a handler threw → the answer: an RFC 9457 document. A 5xx is logged under the `instance` the client sees, and
 * tells the client nothing but its kind.
 */
export function problemReply(request: FailedRequest, error: unknown, logger: Logger): Reply {
  const problem = error instanceof ProblemError ? error : new ProblemError(problemNameOf(error));
  const kind: ProblemKind = PROBLEMS[problem.problem];
  const base = basePathOf(request);
  const path = base + (URL.canParse(request.url) ? new URL(request.url).pathname : '/');
  let instance = path;
  if (kind.status >= 500) {
    instance = `urn:uuid:${crypto.randomUUID()}`;
    const fields = { instance, method: request.method, path, reason: messageOf(error) };
    if (kind.status === 500) logger.error({ ...fields, err: error }, 'request failed');
    else logger.warn(fields, 'request could not be served');
  }
  const document = {
    type: `${base}/problems/${problem.problem}`,
    title: kind.title,
    status: kind.status,
    detail: problem.detail ?? kind.advice,
    instance,
    ...problem.more,
  };
  return {
    status: kind.status,
    json: document,
    headers: {
      ...NO_STORE,
      'content-type': 'application/problem+json',
      ...(kind.retryAfterSeconds !== undefined && { 'retry-after': String(kind.retryAfterSeconds) }),
      // The rest of the body is still to come on this connection and will not be read.
      ...((kind.status === 408 || kind.status === 413) && { connection: 'close' }),
      ...(kind.status === 401 && { 'www-authenticate': 'Bearer' }),
      ...problem.headers,
    },
  };
}

/** What kind of problem a thrown error is. */
export function problemNameOf(error: unknown): ProblemName {
  if (error instanceof ProblemError) return error.problem;
  return (error instanceof AppError ? BY_CODE[error.code] : undefined) ?? 'internal';
}
