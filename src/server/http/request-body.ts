import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { within } from '../../lib/deadline.ts';
import { withoutBom } from '../../lib/documents.ts';
import type { BodySpec } from './endpoint.ts';
import {
  BAD_JSON,
  BAD_REQUEST,
  BODY_TOO_LARGE,
  badBody,
  ProblemError,
  REQUEST_TIMEOUT,
  UNSUPPORTED_MEDIA_TYPE,
} from './problem.ts';

const JSON_TYPE = 'application/json';

/** @throws ProblemError 415 unless the request names a type the endpoint takes, in UTF-8 if it names a charset */
export function checkContentType(raw: Request, body: BodySpec): void {
  const given = raw.headers.get('content-type') ?? '';
  if (given === JSON_TYPE && body.kind === 'json') return;
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase());
  const allowed = body.kind === 'json' ? [JSON_TYPE] : body.contentTypes;
  const isUtf8 = parameters.every((one) => one === '' || /^charset\s*=\s*"?utf-8"?$/.test(one));
  if (!(allowed.includes(type) && isUtf8)) {
    throw new ProblemError(UNSUPPORTED_MEDIA_TYPE, `Send the header content-type: ${allowed.join(' or ')}.`);
  }
}

/**
 * A zstd body needs a window of 8 MiB at most (RFC 9659); with the default of 128 MiB a small body could take that much
 * memory.
 */
const ZSTD_OPTIONS = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  zstd: () => createZstdDecompress(ZSTD_OPTIONS),
  br: createBrotliDecompress,
  deflate: createInflate,
};

/**
 * The decoder of the body; undefined when it is not encoded. @throws ProblemError 415 for an unknown coding (RFC 9110
 * section 15.5.16)
 */
export function bodyDecoder(raw: Request): (() => Transform) | undefined {
  const coding = raw.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return undefined;
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (decoder !== undefined) return decoder;
  const detail = 'Send the body uncompressed, or with content-encoding gzip, zstd, br or deflate.';
  throw new ProblemError(UNSUPPORTED_MEDIA_TYPE, detail, {}, { 'accept-encoding': 'gzip, zstd, br, deflate' });
}

/** Chunks unpacked as they are asked for. @throws ProblemError 400 when they do not match the coding */
export async function* unpacked(chunks: AsyncIterable<Uint8Array>, decoder: Transform): AsyncGenerator<Uint8Array> {
  // Errors of either come out of the iteration.
  pipeline(Readable.from(chunks), decoder, () => {});
  try {
    for await (const chunk of decoder) yield chunk;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError(BAD_REQUEST, 'The body does not match its content-encoding.');
  }
}

/** The body's bytes, unpacked. @throws ProblemError 413 when there are more than `maxBytes`, 400 or 415 for a coding */
export async function readBody(raw: Request, maxBytes: number): Promise<Buffer> {
  const decoder = bodyDecoder(raw)?.();
  const announced = raw.headers.get('content-length');
  if (announced !== null) {
    if (Number(announced) > maxBytes) throw tooLarge(maxBytes);
    // It can't be longer than announced, and reading it whole costs a third of reading chunks.
    if (decoder === undefined) return withoutBom(Buffer.from(await raw.arrayBuffer()));
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  const body: AsyncIterable<Uint8Array> = raw.body ?? Readable.from([]);
  // Without a content-length the length is unknown until the end; unpacked, it may be anything.
  for await (const chunk of decoder === undefined ? body : unpacked(body, decoder)) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return withoutBom(Buffer.concat(chunks, length));
}

/** The body's chunks as they come. @throws ProblemError 408 when one takes longer than `idleMs` */
export async function* bodyChunks(raw: Request, idleMs: number): AsyncGenerator<Uint8Array> {
  const reader = raw.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await within(idleMs, reader.read(), () => new ProblemError(REQUEST_TIMEOUT));
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever stops reading early wants no more of it.
    void reader.cancel().catch(() => {});
  }
}

/** Parses JSON. @throws ProblemError 400, or 422 when it is too complex */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseBoundedJson(bytes);
  } catch (error) {
    throw error instanceof RangeError ? badBody('', error.message) : new ProblemError(BAD_JSON);
  }
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError(BODY_TOO_LARGE, `The limit is ${maxBytes} bytes.`);
}
