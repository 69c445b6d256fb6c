import type { Static, TObject, TSchema } from 'typebox';
import type { Problem } from './problem.ts';
import type { Reply, ReplyTo, Responses } from './reply.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A body read whole and parsed: `request.body` is what the schema says. */
export interface JsonBody<S extends TSchema = TSchema> {
  readonly kind: 'json';
  readonly schema: S;
  /** Longest body; the server's limit when absent. */
  readonly maxBytes?: number;
}

/** A body read whole, whose bytes the handler takes itself: `request.body` is a Buffer. The schema describes it. */
interface BytesBody {
  readonly kind: 'bytes';
  readonly contentTypes: readonly [string, ...string[]];
  readonly schema?: TSchema;
  readonly maxBytes?: number;
}

/**
 * A body passed on as it arrives: `request.body` is its chunks. Any length, but each chunk must come in time (else
 * 408).
 */
interface StreamBody {
  readonly kind: 'stream';
  readonly contentTypes: readonly [string, ...string[]];
  readonly schema?: TSchema;
}

export type BodySpec = JsonBody | BytesBody | StreamBody;

/** Everything about an endpoint but what it does. Its route, checks and OpenAPI operation come from it. */
export interface EndpointSpec<
  P extends TObject = TObject,
  Q extends TObject = TObject,
  H extends TObject = TObject,
  B extends BodySpec = BodySpec,
  R extends Responses = Responses,
> {
  readonly method: Method;
  /** With parameters in braces: `/api/v1/orders/{order_uid}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /**
   * When the token is needed. `guarded`, to inspect or change things: always, if there is one. `sending`, to send data
   * in: off the loopback. `reading`, to see data: off the loopback, unless `server.openReads` lets everyone read.
   * `open`: never.
   */
  readonly access: 'open' | 'reading' | 'sending' | 'guarded';
  /** Path parameters: text, percent-decoded. */
  readonly params?: P;
  /**
   * Query parameters, made into integers, numbers, booleans and lists as the schema says, defaults filled in. Others
   * are errors.
   */
  readonly query?: Q;
  /** Request headers, by lower-case name. Others are ignored. */
  readonly headers?: H;
  readonly body?: B | undefined;
  readonly responses: R;
  /** Problems of this endpoint, beside those any request can have (a bad parameter, a bad body, a time-out). */
  readonly problems?: readonly Problem[];
  /** True when the answer is a stream: it must begin within `requestTimeoutMs`, and may go on after that. */
  readonly streams?: boolean;
  /** True for what belongs to one process, such as a job it runs: of several processes on a port, the first answers. */
  readonly ofFirstProcess?: boolean;
  /** True for what machines poll and must not be refused: it does not count towards a client's rate limit. */
  readonly unlimited?: boolean;
  /** How long a client may pause while it reads the answer; the server's time-out when absent. */
  readonly idleSeconds?: number;
  /** Members of the body that no log may show. */
  readonly unlogged?: readonly string[];
  /** True for what is not part of the API, such as the files of a web page. */
  readonly undocumented?: boolean;
}

export interface EndpointRequest<P = unknown, Q = unknown, H = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly headers: H;
  readonly body: B;
  /** Upper case; HEAD for a GET without its body. */
  readonly method: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** The request itself. */
  readonly raw: Request;
}

type BodyOf<B> =
  B extends JsonBody<infer S>
    ? Static<S>
    : B extends BytesBody
      ? Buffer
      : B extends StreamBody
        ? AsyncIterable<Uint8Array>
        : undefined;

/** An endpoint without its types, as the handler and the OpenAPI document take it. */
export interface Endpoint {
  readonly spec: EndpointSpec;
  handle(request: EndpointRequest): Reply | Promise<Reply>;
  /** See `endpoint`. */
  readonly shortcut?: Shortcut;
}

/**
 * Answers a plain GET (no query, no condition, nothing escaped in its path) by the last segment of its path, before
 * anything but the guards looks at the request. Undefined leaves the request to `handle`. When the server is `full`, it
 * answers only what needs no waiting.
 */
export type Shortcut = (lastSegment: string, full: boolean) => Reply | Promise<Reply> | undefined;

/**
 * Describes an endpoint and says what it does. The handler gets what the schemas promise: everything has been checked
 * before. It replies with one of the responses described, at once or later, or throws a ProblemError or an AppError.
 */
export function endpoint<
  const R extends Responses,
  P extends TObject = TObject<Record<never, never>>,
  Q extends TObject = TObject<Record<never, never>>,
  H extends TObject = TObject<Record<never, never>>,
  B extends BodySpec | undefined = undefined,
  S extends keyof R & number = keyof R & number,
>(
  spec: Omit<EndpointSpec<P, Q, H, BodySpec, R>, 'body'> & { readonly body?: B },
  handle: (
    request: EndpointRequest<Static<P>, Static<Q>, Static<H>, BodyOf<B>>,
    // S keeps the status of a reply a literal.
  ) => (Reply<S> & ReplyTo<R>) | Promise<Reply<S> & ReplyTo<R>>,
  shortcut?: Shortcut,
): Endpoint {
  return { spec, handle, ...(shortcut && { shortcut }) };
}

/** A JSON body of this schema. */
export function jsonBody<S extends TSchema>(schema: S, options: { readonly maxBytes?: number } = {}): JsonBody<S> {
  return { kind: 'json', schema, ...options };
}
