import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  LINE_FEED,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
} from './json-bytes.ts';
import { type Line, LineSplitter } from './lines.ts';

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** The first line of a document over several lines is short. */
const MOST_UNDECIDED_BYTES = 4_096;
const isOpening = (byte: number): boolean => byte === OPEN_OBJECT || byte === OPEN_LIST;
const isSpace = (byte: number): boolean => byte === SPACE || (byte >= 0x09 && byte <= 0x0d);

/** The bytes without the byte order mark that some editors put first. */
export function withoutBom(bytes: Buffer): Buffer {
  return bytes.subarray(0, BOM.length).equals(BOM) ? bytes.subarray(BOM.length) : bytes;
}

/**
 * Cuts a stream of bytes into JSON documents. As a rule each is a line (NDJSON), and a line that is broken is one bad
 * document. When the first line leaves a document open, or the text is a list, documents end where they end, as in a
 * file that is written over several lines. A document longer than `maxBytes` is passed over without being held in
 * memory.
 */
export class DocumentSplitter {
  readonly #maxBytes: number;
  #head = Buffer.alloc(0);
  #splitter: LineSplitter | BracketSplitter | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many lines there were, empty ones included. */
  get count(): number {
    return this.#splitter?.count ?? 0;
  }

  /** The documents that end within this chunk, with the line number where each begins. They may share its memory. */
  push(chunk: Uint8Array): Line[] {
    if (this.#splitter !== undefined) return this.#splitter.push(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    return this.#decide(this.#head.length > MOST_UNDECIDED_BYTES);
  }

  /** The last document, if nothing ended it. */
  end(): Line[] {
    return [...this.#decide(true), ...(this.#splitter?.end() ?? [])];
  }

  #decide(mustDecide: boolean): Line[] {
    if (this.#splitter !== undefined) return [];
    const text = withoutBom(this.#head);
    const start = text.findIndex((byte) => !isSpace(byte));
    const end = start < 0 ? -1 : text.indexOf(LINE_FEED, start);
    if (text[start] === OPEN_LIST || (end >= 0 && isLeftOpen(text.subarray(start, end))))
      this.#splitter = new BracketSplitter(this.#maxBytes);
    else if (end >= 0 || mustDecide) this.#splitter = new LineSplitter(this.#maxBytes);
    this.#head = this.#splitter === undefined ? this.#head : Buffer.alloc(0);
    return this.#splitter?.push(text) ?? [];
  }
}

/** Whether the line begins a document over several lines: a lone `{`, or something that continues after a comma. */
function isLeftOpen(line: Buffer): boolean {
  const last = line.findLast((byte) => !isSpace(byte)) ?? 0;
  return line[0] === OPEN_OBJECT && (isOpening(last) || last === COMMA);
}

/** Ends documents where their brackets close; members of a list are documents of their own. */
class BracketSplitter {
  readonly #maxBytes: number;
  #line = 1;
  #depth = 0;
  /** Depth between documents: 1 in a list. */
  #base = 0;
  #inString = false;
  #escaped = false;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** Line of the document that has begun. */
  #began: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#line;
  }

  push(chunk: Uint8Array): Line[] {
    const found: Line[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === LINE_FEED) this.#line += 1;
      const wasBetween = this.#depth === this.#base && !this.#inString;
      if (wasBetween && this.#separates(byte)) {
        found.push(...this.#finish(chunk.subarray(start, at)));
        start = at + 1;
        continue;
      }
      if (this.#began === undefined) start = at;
      this.#began ??= this.#line;
      if (this.#closes(byte)) {
        found.push(...this.#finish(chunk.subarray(start, at + 1)));
        start = at + 1;
      }
    }
    if (this.#began !== undefined) this.#keep(chunk.slice(start));
    return found;
  }

  end(): Line[] {
    return this.#finish(new Uint8Array(0));
  }

  /** Of a byte between documents: whether it belongs to none. */
  #separates(byte: number): boolean {
    if (this.#began === undefined && this.#base === 0 && byte === OPEN_LIST) this.#base = this.#depth = 1;
    else if (this.#base === 1 && byte === CLOSE_LIST) this.#base = this.#depth = 0;
    else return isSpace(byte) || byte === COMMA;
    return true;
  }

  /** Whether the document ends with this byte. */
  #closes(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
    } else if (byte === QUOTE) {
      this.#inString = true;
    } else if (isOpening(byte)) {
      this.#depth += 1;
    } else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && this.#depth > this.#base) {
      this.#depth -= 1;
      return this.#depth === this.#base;
    }
    return false;
  }

  #keep(piece: Uint8Array): void {
    this.#keptBytes += piece.length;
    if (this.#keptBytes > this.#maxBytes) this.#kept = [];
    else this.#kept.push(piece);
  }

  #finish(piece: Uint8Array): Line[] {
    const number = this.#began;
    if (number === undefined) return [];
    this.#keep(piece);
    const bytes = this.#keptBytes > this.#maxBytes ? undefined : Buffer.concat(this.#kept);
    [this.#kept, this.#keptBytes, this.#began] = [[], 0, undefined];
    return [{ number, bytes }];
  }
}
