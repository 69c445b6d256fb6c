import { chooseEncoding, encode } from './encodings.ts';
import { type Reply, toResponse } from './reply.ts';

/** Shorter JSON fits into a packet or two: a coding would cost more than it saves. */
const LEAST_CHARACTERS = 2_048;
/** Those that are quick to make. */
const OFFERED = ['zstd', 'gzip'] as const;

/** The response of a reply with JSON: when that is long, in a coding the request takes, and saying that it depends on that. */
export function jsonResponse(reply: Reply, raw: Request): Response | Promise<Response> {
  const { json, ...rest } = reply;
  const text = JSON.stringify(json);
  const plain = {
    ...rest,
    body: text,
    headers: { 'content-type': 'application/json', ...record(rest.headers) },
  };
  return text.length < LEAST_CHARACTERS ? toResponse(plain) : codedResponse(plain, text, raw);
}

async function codedResponse(plain: Reply, text: string, raw: Request): Promise<Response> {
  const headers = { ...plain.headers, vary: 'accept-encoding' };
  const encoding = chooseEncoding(raw.headers.get('accept-encoding'), OFFERED);
  if (encoding === undefined) return toResponse({ ...plain, headers });
  const body = await encode(Buffer.from(text), encoding);
  return toResponse({ ...plain, body, headers: { ...headers, 'content-encoding': encoding } });
}

function record(headers: Reply['headers']): Readonly<Record<string, string>> | undefined {
  return headers instanceof Headers ? Object.fromEntries(headers) : headers;
}
