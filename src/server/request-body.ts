import type { Context, MiddlewareHandler } from 'hono';
import { ProblemError } from './problem.ts';

/** What the middleware notes about a request under way. */
export interface RequestEnv {
  Variables: { readingBody?: boolean };
}

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Ends a request after `ms`: 408 while its body is still arriving, 503 when the answer is not there. The handler's work is left to
 * end by itself.
 */
export function deadline(ms: number): MiddlewareHandler<RequestEnv> {
  return async (c, next) => {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new ProblemError(c.get('readingBody') ? 'request-timeout' : 'timed-out')),
      ms,
    );
    try {
      await Promise.race([next(), promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The body's bytes. @throws ProblemError 415 when it is not said to be JSON, 413 when it is longer than `maxBytes` */
export async function readBody(c: Context<RequestEnv>, maxBytes: number): Promise<Buffer> {
  if (!JSON_TYPE.test(c.req.header('content-type') ?? '')) throw new ProblemError('unsupported-media-type');
  if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  c.set('readingBody', true);
  // Without a content-length the end of the body is only known when it is there.
  for await (const chunk of c.req.raw.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  c.set('readingBody', false);
  return Buffer.concat(chunks, length);
}

/** Bytes → the JSON value they hold. @throws ProblemError 400 */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw new ProblemError('bad-json');
  }
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError('body-too-large', `The limit is ${maxBytes} bytes.`);
}
