import { createClient } from '../../client/client.ts';
import type { Problem } from '../../client/schema.generated.ts';
import { basePath } from '../app/base.ts';
import { askForToken, currentToken } from './token.ts';

/** The REST API of the server this page comes from; requests carry the token, if there is one. */
export const api = createClient(location.origin + basePath);

api.use({
  onRequest: ({ request }) => {
    authorize(request.headers);
    return request;
  },
});

/** A request that got no answer, or whose answer is an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Last part of the problem's `type`, such as `order-not-found`; `unreachable` when there was no answer at all. */
  readonly kind: string;
  /** Undefined when there was no answer, or one without a problem document. */
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

  /** Whether the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 503 || this.status === 429;
  }
}

type Answer<T> =
  | { readonly data: T; readonly error?: never; readonly response: Response }
  | { readonly data?: never; readonly error: unknown; readonly response: Response };

/** What a call answers. @throws ApiError for anything but success, and the signal's reason when it was aborted */
export async function dataOf<T>(call: Promise<Answer<T>>): Promise<T> {
  return (await answered(call)).data;
}

/** The same, with the response for its headers. */
export async function answered<T>(
  call: Promise<Answer<T>>,
): Promise<{ readonly data: T; readonly response: Response }> {
  const result = await call.catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    return unreachable();
  });
  if (result.data !== undefined) return { data: result.data, response: result.response };
  throw refused(result.response, result.error);
}

/**
 * A request whose body is sent, or read, as it is, which the typed client does not do.
 * @throws ApiError for anything but success, and the signal's reason when it was aborted
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  authorize(headers);
  const response = await fetch(basePath + path, { ...init, headers }).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error;
    return unreachable();
  });
  if (!response.ok) throw refused(response, await response.json().catch(() => undefined));
  return response;
}

/** To be thrown where the connection broke. */
export function unreachable(): never {
  throw new ApiError('unreachable', 0);
}

function authorize(headers: Headers): void {
  const token = currentToken();
  if (token !== '') headers.set('authorization', `Bearer ${token}`);
}

/**
 * The error of an answer with status 400 or more, whose parsed body is `body`; asks for the token when it is missing.
 */
function refused(response: Response, body: unknown): ApiError {
  const problem = isProblem(body) ? body : undefined;
  const seconds = Number(response.headers.get('retry-after'));
  const kind = problem?.type.split('/').at(-1) ?? `status-${response.status}`;
  if (kind === 'token-required') askForToken();
  return new ApiError(kind, response.status, problem, seconds > 0 ? seconds * 1000 : undefined);
}

const isProblem = hasMembers<Problem>('type', 'title', 'detail');

/**
 * A guard that tells what the server sends by the names of members: it makes its answers and events by the same schemas
 * as the client's types.
 */
export function hasMembers<T extends object>(...names: readonly (keyof T & string)[]): (data: unknown) => data is T {
  return (data): data is T => typeof data === 'object' && data !== null && names.every((name) => name in data);
}
