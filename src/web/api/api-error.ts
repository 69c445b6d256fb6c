import type { Problem } from '../../client/schema.generated.ts';

/** A request that got no answer, or one that is an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Last part of the problem's `type`, such as `order-not-found`; `unreachable` when there was no answer at all. */
  readonly kind: string;
  /** Undefined when there was no answer, or none with a problem document. */
  readonly problem: Problem | undefined;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly retryAfterMs: number | undefined;

  constructor(kind: string, status: number, problem?: Problem, retryAfterMs?: number) {
    super(problem?.detail ?? kind);
    this.kind = kind;
    this.status = status;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same may go well later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 503 || this.status === 429;
  }
}

/** Reads an answer of 400 and up, whose parsed body is `body`. */
export function errorOf(response: Response, body: unknown): ApiError {
  const problem = isProblem(body) ? body : undefined;
  const seconds = Number(response.headers.get('retry-after'));
  const kind = problem?.type.split('/').at(-1) ?? `status-${response.status}`;
  return new ApiError(kind, response.status, problem, seconds > 0 ? seconds * 1000 : undefined);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'type' in body && 'title' in body && 'detail' in body;
}
