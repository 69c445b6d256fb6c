/** An answer of HTTP/1.1. */
export class HttpAnswer {
  readonly status: number;
  /** Whether the connection can be used again. */
  readonly keepAlive: boolean;
  readonly #head: string;
  readonly #body: readonly Buffer[];

  constructor(status: number, head: string, body: readonly Buffer[], keepAlive: boolean) {
    this.status = status;
    this.#head = head;
    this.#body = body;
    this.keepAlive = keepAlive;
  }

  /** The first field of that name (in lower case), as Latin-1; undefined without one. */
  header(name: string): string | undefined {
    return headerOf(this.#head, name);
  }

  get body(): Buffer {
    return Buffer.concat(this.#body);
  }
}

const MOST_HEAD_BYTES = 65_536;
const MOST_BODY_BYTES = 33_554_432;
const HEAD_END = '\r\n\r\n';
const NO_BODY = new Set([204, 304]);

/** What the bytes of an answer are not. */
export class MalformedAnswer extends Error {}

/**
 * Reads one answer of HTTP/1.1 after the other from the bytes of a connection without pipelining. It holds what readers
 * need and no more: of interim answers, lengths, chunks and bodies that end with the connection.
 * @see https://www.rfc-editor.org/rfc/rfc9112
 */
export class ResponseReader {
  #head: string | undefined;
  #status = 0;
  /** Bytes still to come of a body with a length; undefined: until the connection ends. */
  #left: number | undefined;
  #chunked = false;
  /** Begins with what has not been understood yet: a part of a head, or of a chunked body. */
  #rest: Buffer = Buffer.alloc(0);
  #body: Buffer[] = [];
  #bytes = 0;

  /** The answer, once it is whole. @throws MalformedAnswer */
  feed(chunk: Buffer): HttpAnswer | undefined {
    if (this.#head !== undefined) return this.#take(chunk);
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.indexOf(HEAD_END);
    if (end > MOST_HEAD_BYTES || (end === -1 && bytes.length > MOST_HEAD_BYTES))
      throw new MalformedAnswer('its head is too long');
    if (end === -1) {
      this.#rest = bytes;
      return undefined;
    }
    this.#rest = Buffer.alloc(0);
    const head = bytes.toString('latin1', 0, end + 2);
    const after = bytes.subarray(end + HEAD_END.length);
    const status = statusOf(head);
    // An interim answer: the real one follows.
    if (status < 200) return after.length === 0 ? undefined : this.feed(after);
    this.#head = head;
    this.#status = status;
    this.#left = NO_BODY.has(status) ? 0 : lengthOf(head);
    this.#chunked = this.#left === undefined && /\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n/i.test(head);
    return this.#take(after);
  }

  /** The answer whose body ended with the connection; undefined when one that had begun is cut short. */
  end(): HttpAnswer | undefined {
    const whole = this.#head !== undefined && this.#left === undefined && !this.#chunked;
    return whole ? this.#done() : undefined;
  }

  #take(chunk: Buffer): HttpAnswer | undefined {
    this.#bytes += chunk.length;
    if (this.#bytes > MOST_BODY_BYTES) throw new MalformedAnswer('its body is too long');
    if (this.#chunked) return this.#takeChunks(chunk);
    if (chunk.length > 0) this.#body.push(chunk);
    if (this.#left === undefined) return undefined;
    this.#left -= chunk.length;
    if (this.#left < 0) throw new MalformedAnswer('more came than its content-length says');
    return this.#left === 0 ? this.#done() : undefined;
  }

  #takeChunks(chunk: Buffer): HttpAnswer | undefined {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const line = bytes.indexOf('\r\n');
      this.#rest = bytes;
      if (line === -1) return undefined;
      const size = Number.parseInt(bytes.toString('latin1', 0, line), 16);
      if (!(size >= 0)) throw new MalformedAnswer('a chunk of its body has no length');
      const from = line + 2;
      if (size === 0) {
        // Trailers end with an empty line; without them that line is the end.
        const trailersEnd = bytes.indexOf(HEAD_END, line);
        return trailersEnd === -1 ? undefined : this.#done();
      }
      if (bytes.length < from + size + 2) return undefined;
      this.#body.push(bytes.subarray(from, from + size));
      bytes = bytes.subarray(from + size + 2);
    }
  }

  #done(): HttpAnswer {
    const head = this.#head ?? '';
    const ends = this.#left === undefined && !this.#chunked;
    const keepAlive = !ends && head.startsWith('HTTP/1.1') && !/\r\nconnection:[^\r\n]*close/i.test(head);
    const answer = new HttpAnswer(this.#status, head, this.#body, keepAlive);
    this.#head = undefined;
    this.#chunked = false;
    this.#rest = Buffer.alloc(0);
    this.#body = [];
    this.#bytes = 0;
    return answer;
  }
}

/** @throws MalformedAnswer */
function statusOf(head: string): number {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new MalformedAnswer('it is not HTTP/1.1');
  return Number(status);
}

/** @throws MalformedAnswer */
function lengthOf(head: string): number | undefined {
  const text = headerOf(head, 'content-length');
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new MalformedAnswer('its content-length is no number');
  return Number(text);
}

const patterns = new Map<string, RegExp>();

function headerOf(head: string, name: string): string | undefined {
  let pattern = patterns.get(name);
  if (pattern === undefined) {
    pattern = new RegExp(`\\r\\n${name}:[ \\t]*([^\\r\\n]*)`, 'i');
    patterns.set(name, pattern);
  }
  return pattern.exec(head)?.[1]?.trimEnd();
}
