import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import { type Reply, toResponse } from './reply.ts';

/** Content codings, in the order of the server's preference. */
export const ENCODINGS = ['br', 'zstd', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const BROTLI_QUALITY = 6;

/** The coding for an Accept-Encoding header (RFC 9110 section 12.5.3), of those `offered`; undefined for none. */
export function chooseEncoding(
  header: string | null | undefined,
  offered: readonly Encoding[] = ENCODINGS,
): Encoding | undefined {
  if (header === null || header === undefined || header === '') return undefined;
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((one) => one.trim());
    const quality = parameters.find((one) => one.startsWith('q='));
    weights.set(name, quality === undefined ? 1 : Number(quality.slice(2)));
  }
  const weightOf = (encoding: string): number => weights.get(encoding) ?? weights.get('*') ?? 0;
  let best: Encoding | undefined;
  for (const one of offered) {
    const weight = weightOf(one);
    if (weight > 0 && (best === undefined || weight > weightOf(best))) best = one;
  }
  return best;
}

/** The bytes in a coding; made off the main thread. */
export async function encode(bytes: Uint8Array, encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await compressors[encoding](bytes));
}

const compressors: Record<Encoding, (bytes: Uint8Array) => Promise<Uint8Array>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  zstd: (bytes) => promisify(zstdCompress)(bytes),
  gzip: (bytes) => promisify(gzip)(bytes),
};

/** Shorter JSON fits into a packet or two: a coding would cost more than it saves. */
const LEAST_JSON_CHARACTERS = 2_048;
/** Codings that are quick to make. */
const QUICK = ['zstd', 'gzip'] as const;

/** The response of a reply with JSON. Long JSON goes in a coding the request takes, with `vary` to say so. */
export function jsonResponse(reply: Reply, raw: Request): Response | Promise<Response> {
  const { json, ...rest } = reply;
  const text = JSON.stringify(json);
  const plain = { ...rest, body: text, headers: { 'content-type': 'application/json', ...record(rest.headers) } };
  return text.length < LEAST_JSON_CHARACTERS ? toResponse(plain) : codedResponse(plain, text, raw);
}

async function codedResponse(plain: Reply, text: string, raw: Request): Promise<Response> {
  const headers = { ...plain.headers, vary: 'accept-encoding' };
  const encoding = chooseEncoding(raw.headers.get('accept-encoding'), QUICK);
  if (encoding === undefined) return toResponse({ ...plain, headers });
  const body = await encode(Buffer.from(text), encoding);
  return toResponse({ ...plain, body, headers: { ...headers, 'content-encoding': encoding } });
}

function record(headers: Reply['headers']): Readonly<Record<string, string>> | undefined {
  return headers instanceof Headers ? Object.fromEntries(headers) : headers;
}
