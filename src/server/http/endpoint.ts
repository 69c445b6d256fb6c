import type { Static, TObject, TSchema } from 'typebox';
import type { ProblemName } from './problem-kinds.ts';
import type { Reply } from './reply.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A body read whole and parsed: `request.body` is what the schema says. */
export interface JsonBody<S extends TSchema = TSchema> {
  readonly kind: 'json';
  readonly schema: S;
  /** Longest body; the server's limit when absent. */
  readonly maxBytes?: number;
}

/** A body read whole, whose bytes the handler takes itself: `request.body` is a Buffer. The schema describes it. */
export interface BytesBody {
  readonly kind: 'bytes';
  readonly contentTypes: readonly [string, ...string[]];
  readonly schema?: TSchema;
  readonly maxBytes?: number;
}

/** A body handed on as it arrives: `request.body` is its chunks; no limit but that each must come in time (else 408). */
export interface StreamBody {
  readonly kind: 'stream';
  readonly contentTypes: readonly [string, ...string[]];
  readonly schema?: TSchema;
}

export type BodySpec = JsonBody | BytesBody | StreamBody;

/** A response as OpenAPI describes it; `schema` for JSON, `contentTypes` for anything else, neither for no body. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: TSchema;
  readonly contentTypes?: readonly string[];
  /** Response headers by name: what they say. */
  readonly headers?: Readonly<
    Record<string, string | { readonly description: string; readonly schema: TSchema }>
  >;
}

export type Responses = Readonly<Record<number, ResponseSpec>>;

/** Everything there is to know about an endpoint but what it does. Its route, checks and OpenAPI operation come from it. */
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
   * `guarded`: it inspects or changes things, so it asks for the token where there is one. `sending`: it takes orders, so it asks
   * for the token off the loopback. `reading`: it shows data, so it does, too, unless `server.openReads` lets everyone read.
   * `open`: it shows nothing that is anyone's.
   */
  readonly access: 'open' | 'reading' | 'sending' | 'guarded';
  /** Path parameters: text, percent-decoded. */
  readonly params?: P;
  /** Query parameters, made into integers, numbers, booleans and lists as the schema says, defaults filled in. Others are errors. */
  readonly query?: Q;
  /** Request headers, by lower-case name. Others are ignored. */
  readonly headers?: H;
  readonly body?: B | undefined;
  readonly responses: R;
  /** What else can go wrong here; what can everywhere (a bad parameter, a bad body, a time-out) is known. */
  readonly problems?: readonly ProblemName[];
  /** True when the answer is a stream: it may go on after `requestTimeoutMs`, which is the time until it begins. */
  readonly streams?: boolean;
  /** True for what is a process's own, such as its generator: of several that share a port, the first answers. */
  readonly ofFirstProcess?: boolean;
  /** True for what is asked so often that even its routing counts, see `Handler.direct`. */
  readonly frequent?: boolean;
  /** True for what machines ask regularly and must not be refused: it does not count towards the limit of requests a client. */
  readonly unlimited?: boolean;
  /** How long a client may take nothing of the answer before the connection is closed; else the server's time-out. */
  readonly idleSeconds?: number;
  /** True for what is no part of the API, such as the files of the web console. */
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

/** An endpoint with its types forgotten, as the router and the OpenAPI document take it. */
export interface Endpoint {
  readonly spec: EndpointSpec;
  handle(request: EndpointRequest): Reply | Promise<Reply>;
  /** See `endpoint`. */
  readonly shortcut?: Shortcut;
}

/**
 * The answer to a plain GET (no query, no condition, nothing escaped in its path) where the last segment of the path is enough to tell
 * it; undefined leaves the request to `handle`, which would answer the same. It is asked before anything is checked but the guards.
 */
export type Shortcut = (lastSegment: string) => Reply | undefined;

/**
 * Describes an endpoint and says what it does. The handler gets what its schemas promise: everything has been checked before.
 * It answers with a Reply, at once or later, or throws a ProblemError or an AppError.
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
  ) => Reply<S> | Promise<Reply<S>>,
  shortcut?: Shortcut,
): Endpoint {
  return { spec, handle, ...(shortcut && { shortcut }) };
}

/** A JSON body of this schema. */
export function jsonBody<S extends TSchema>(
  schema: S,
  options: { readonly maxBytes?: number } = {},
): JsonBody<S> {
  return { kind: 'json', schema, ...options };
}
