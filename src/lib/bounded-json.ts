import { BACKSLASH, CLOSE_LIST, CLOSE_OBJECT, COMMA, OPEN_LIST, OPEN_OBJECT, QUOTE } from './json-bytes.ts';

/** How much structure a JSON text may have; its reader bounds the length. */
export interface JsonBounds {
  readonly maxDepth: number;
  /** Elements, members and containers together. */
  readonly maxValues: number;
}

/** An order is 3 levels deep, and with the most items it has some 12 000 values. */
export const JSON_BOUNDS: JsonBounds = { maxDepth: 64, maxValues: 20_000 };
/** Of documents that are shown or patched, which may be any: only depth makes them cost more than their length says. */
export const DEPTH_BOUND: JsonBounds = { ...JSON_BOUNDS, maxValues: Number.POSITIVE_INFINITY };

/**
 * How a JSON text in UTF-8 exceeds the bounds, as a message; undefined when it does not. One pass that builds nothing
 * and ends at the first excess: parsing half a megabyte of brackets takes the event loop longer than anyone should
 * wait, and printing it far longer. For text that is not JSON the answer is arbitrary. RFC 8259 section 9 allows such
 * limits.
 */
export function jsonExcess(bytes: Uint8Array, bounds: JsonBounds): string | undefined {
  return scan(bytes, bounds).excess;
}

/** Whether the text is certainly not JSON, because it ends inside a string or a bracket. */
export function endsEarly(bytes: Uint8Array): boolean {
  return scan(bytes, { maxDepth: Number.POSITIVE_INFINITY, maxValues: Number.POSITIVE_INFINITY }).isOpen;
}

function scan(bytes: Uint8Array, { maxDepth, maxValues }: JsonBounds): { isOpen: boolean; excess?: string } {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      depth++;
      values++;
      if (depth > maxDepth) return { isOpen: true, excess: `is nested more than ${maxDepth} levels deep` };
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--;
    } else if (byte === COMMA) {
      values++;
    }
    if (values > maxValues) return { isOpen: depth > 0, excess: `has more than ${maxValues} values` };
  }
  return { isOpen: depth > 0 || inString };
}

/**
 * As JSON.parse, for UTF-8.
 * @throws SyntaxError for text that is not JSON, TypeError for bytes that are not UTF-8, RangeError for an excess
 */
export function parseBoundedJson(bytes: Uint8Array, bounds: JsonBounds = JSON_BOUNDS): unknown {
  const excess = jsonExcess(bytes, bounds);
  if (excess !== undefined) throw new RangeError(excess);
  return JSON.parse(utf8.decode(bytes));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
