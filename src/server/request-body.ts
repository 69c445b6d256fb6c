import { parseBoundedJson } from '../lib/bounded-json.ts';
import type { BodySpec } from './endpoint.ts';
import { badBody, ProblemError } from './problem.ts';

const JSON_TYPE = 'application/json';

/** @throws ProblemError 415 when the request does not say that its body is of a type the endpoint takes, in UTF-8 if it is text */
export function checkContentType(raw: Request, body: BodySpec): void {
  const given = raw.headers.get('content-type') ?? '';
  if (given === JSON_TYPE && body.kind === 'json') return;
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase());
  const allowed = body.kind === 'json' ? [JSON_TYPE] : body.contentTypes;
  const isUtf8 = parameters.every((one) => one === '' || /^charset\s*=\s*"?utf-8"?$/.test(one));
  if (!(allowed.includes(type) && isUtf8)) {
    throw new ProblemError(
      'unsupported-media-type',
      `Send the header content-type: ${allowed.join(' or ')}.`,
    );
  }
}

/** The body's bytes. @throws ProblemError 413 when there are more than `maxBytes` */
export async function readBody(raw: Request, maxBytes: number): Promise<Buffer> {
  const announced = raw.headers.get('content-length');
  if (announced !== null) {
    if (Number(announced) > maxBytes) throw tooLarge(maxBytes);
    // It can't be longer than announced; whole, it costs a third of what its chunks do.
    return Buffer.from(await raw.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Without a content-length the end of the body is only known when it is there.
  for await (const chunk of raw.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The body's chunks as they come. @throws ProblemError 408 when one takes longer than `idleMs` */
export async function* bodyChunks(raw: Request, idleMs: number): AsyncGenerator<Uint8Array> {
  const reader = raw.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new ProblemError('request-timeout')), idleMs);
      const { done, value } = await Promise.race([reader.read(), late]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever stops reading early wants no more of it.
    void reader.cancel().catch(() => {});
  }
}

/** Bytes → the JSON value they hold. @throws ProblemError 400, 422 when it is too complex */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseBoundedJson(bytes);
  } catch (error) {
    throw error instanceof RangeError ? badBody('', error.message) : new ProblemError('bad-json');
  }
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError('body-too-large', `The limit is ${maxBytes} bytes.`);
}
