import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { violationsOf } from '../../lib/violations.ts';
import type { Deadlines } from './deadlines.ts';
import { jsonResponse } from './encodings.ts';
import type { BodySpec, Endpoint, EndpointRequest, EndpointSpec } from './endpoint.ts';
import {
  BAD_REQUEST,
  INVALID_BODY,
  OVERLOADED,
  ProblemError,
  REQUEST_TIMEOUT,
  type RequestViolation,
  TIMED_OUT,
  violated,
} from './problem.ts';
import { type Reply, toResponse } from './reply.ts';
import { bodyChunks, bodyDecoder, checkContentType, parseJson, readBody, unpacked } from './request-body.ts';
import { type Parameters, parameterReader } from './request-parameters.ts';
import type { Slots } from './slots.ts';

/** Looks at a request before anything of it is used. @throws ProblemError to refuse it */
export type Guard = (raw: Request) => void;

export interface ServeOptions {
  /** In this order, before parameters and body are read. */
  readonly guards: readonly Guard[];
  /** Longest body, unless the endpoint says otherwise. */
  readonly maxBodyBytes: number;
  /** Time a request may take, and each chunk of a streamed body. */
  readonly requestTimeoutMs: number;
  readonly deadlines: Deadlines;
  /** Those of all requests that wait for something. */
  readonly slots: Slots;
  /** The response to a request that failed. */
  readonly fail: (raw: Request, error: unknown) => Response;
  readonly inspect?: (spec: EndpointSpec, reply: Reply) => void;
}

/** Turns a request into a response; never throws or rejects. At once when there is nothing to wait for. */
export type Serve = (raw: Request) => Response | Promise<Response>;

/**
 * An endpoint, ready to serve: guards, then parameters, then the body, then the handler, which has until the deadline.
 */
export function serveEndpoint({ spec, handle, shortcut }: Endpoint, options: ServeOptions): Serve {
  const { guards, deadlines, slots, fail, inspect } = options;
  const parameters = parameterReader(spec);
  const readRequestBody = spec.body && bodyReader(spec.body, options);

  const answer = (raw: Request, reply: Reply): Response | Promise<Response> => {
    inspect?.(spec, reply);
    const full = reply.json === undefined ? toResponse(reply) : jsonResponse(reply, raw);
    return raw.method === 'HEAD' ? headOf(reply, full) : full;
  };

  const settle = async (raw: Request, work: Promise<Reply>, late: () => Error): Promise<Response> => {
    const free = slots.take();
    try {
      return await answer(raw, await deadlines.guard(work, late));
    } catch (error) {
      // Nobody reads a stream that comes too late: what it holds is released.
      const release = ({ body }: Reply) => (body instanceof ReadableStream ? body.cancel() : undefined);
      void work.then(release).catch(() => {});
      return fail(raw, error);
    } finally {
      free();
    }
  };

  const finish = (raw: Request, reply: Reply | Promise<Reply>): Response | Promise<Response> =>
    reply instanceof Promise ? settle(raw, reply, timedOut) : answer(raw, reply);

  return (raw) => {
    try {
      for (const guard of guards) guard(raw);
      const early = shortcut && isPlainGet(raw) ? shortcut(lastSegment(raw.url), slots.full) : undefined;
      if (early !== undefined) return finish(raw, early);
      const violations: RequestViolation[] = [];
      const given = parameters.read(raw, violations);
      if (violations.length > 0) throw violated(BAD_REQUEST, violations);
      if (slots.full) throw new ProblemError(OVERLOADED);
      if (readRequestBody === undefined) return finish(raw, handle(new IncomingRequest(raw, given, undefined)));
      let reading = true;
      const work = readRequestBody(raw).then((body) => {
        reading = false;
        return handle(new IncomingRequest(raw, given, body));
      });
      return settle(raw, work, () => (reading ? new ProblemError(REQUEST_TIMEOUT) : timedOut()));
    } catch (error) {
      return fail(raw, error);
    }
  };
}

/** Its signal is made when somebody asks for it. */
class IncomingRequest implements EndpointRequest {
  readonly raw: Request;
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;

  constructor(raw: Request, { params, query, headers }: Parameters, body: unknown) {
    this.raw = raw;
    this.params = params;
    this.query = query;
    this.headers = headers;
    this.body = body;
  }

  get method(): string {
    return this.raw.method;
  }

  get signal(): AbortSignal {
    return this.raw.signal;
  }
}

function isPlainGet({ method, url, headers }: Request): boolean {
  return method === 'GET' && !url.includes('?') && !url.includes('%') && !headers.has('if-none-match');
}

function lastSegment(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

function bodyReader(body: BodySpec, options: ServeOptions): (raw: Request) => Promise<unknown> {
  if (body.kind === 'stream') {
    return async (raw) => {
      checkContentType(raw, body);
      const decoder = bodyDecoder(raw)?.();
      const chunks = bodyChunks(raw, options.requestTimeoutMs);
      return decoder === undefined ? chunks : unpacked(chunks, decoder);
    };
  }
  const maxBytes = body.maxBytes ?? options.maxBodyBytes;
  const parse = body.kind === 'json' ? jsonParser(body.schema) : (bytes: Buffer) => bytes;
  return async (raw) => {
    checkContentType(raw, body);
    return parse(await readBody(raw, maxBytes).catch(notWhole));
  };
}

/** An error while a body is read is the client's: usually it disconnected. */
function notWhole(error: unknown): never {
  throw error instanceof ProblemError ? error : new ProblemError(BAD_REQUEST, 'The body is incomplete.');
}

function jsonParser(schema: TSchema): (bytes: Buffer) => unknown {
  const compiled = Compile(schema);
  return (bytes) => {
    const value = parseJson(bytes);
    if (compiled.Check(value)) return value;
    const violations = violationsOf(compiled.Errors(value));
    throw violated(
      INVALID_BODY,
      violations.map((one) => ({ in: 'body', ...one })),
    );
  };
}

/** The same headers, with the length that the body would have had. A stream, whose length is unknown, is not begun. */
async function headOf(reply: Reply, full: Response | Promise<Response>): Promise<Response> {
  const response = await full;
  const headers = new Headers(response.headers);
  if (reply.body instanceof ReadableStream) await reply.body.cancel();
  else headers.set('content-length', String((await response.arrayBuffer()).byteLength));
  return new Response(null, { status: response.status, headers });
}

function timedOut(): ProblemError {
  return new ProblemError(TIMED_OUT);
}
