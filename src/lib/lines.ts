const LF = 0x0a;
const CR = 0x0d;

/** A line without its end. */
export interface Line {
  /** From 1; empty lines count. */
  readonly number: number;
  /** Undefined when the line was longer than allowed: it was not kept. */
  readonly bytes: Buffer | undefined;
}

/**
 * Cuts a stream of bytes into lines that end with LF or CRLF; the last one may have no end. Empty lines are left out. A
 * line longer than `maxBytes` is passed over without being held in memory.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #number = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many lines there were, empty ones included. */
  get count(): number {
    return this.#number;
  }

  /** The lines that end within this chunk. They may share its memory. */
  push(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    let at = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, at)) {
      this.#take(chunk.subarray(at, end), lines);
      at = end + 1;
    }
    this.#keep(chunk.subarray(at));
    return lines;
  }

  /** The last line, if it had no end. */
  end(): Line[] {
    const lines: Line[] = [];
    if (this.#restBytes > 0) this.#take(new Uint8Array(0), lines);
    return lines;
  }

  #keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#restBytes += piece.length;
    // One more than allowed, for the CR that may be its end.
    if (this.#restBytes > this.#maxBytes + 1) this.#rest = [];
    // A copy: the piece would hold its whole chunk in memory.
    else this.#rest.push(piece.slice());
  }

  #take(piece: Uint8Array, lines: Line[]): void {
    this.#number += 1;
    const length = this.#restBytes + piece.length;
    const isShort = length <= this.#maxBytes + 1;
    const whole = isShort ? Buffer.concat([...this.#rest, piece]) : undefined;
    this.#rest = [];
    this.#restBytes = 0;
    const bytes = whole?.at(-1) === CR ? whole.subarray(0, -1) : whole;
    if (bytes?.length === 0) return;
    lines.push({
      number: this.#number,
      bytes: bytes !== undefined && bytes.length <= this.#maxBytes ? bytes : undefined,
    });
  }
}

/** The lines of a stream of bytes, as a LineSplitter gives them. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  const splitter = new LineSplitter(maxBytes);
  for await (const chunk of chunks) yield* splitter.push(chunk);
  yield* splitter.end();
}
