import { messageOf } from '../lib/app-error.ts';
import { endsEarly, JSON_BOUNDS, jsonExcess } from '../lib/bounded-json.ts';
import { BACKSLASH } from '../lib/json-bytes.ts';
import { reject, type Validated, validateOrder } from './validate.ts';
import { RULES, worded } from './wording.ts';

export interface DecodeOptions {
  /** Longest value accepted as an order, in bytes. */
  readonly maxBytes: number;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

// A byte order mark is kept, so JSON.parse refuses it as RFC 8259 section 8.1 allows.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Shorter values cost little, whatever their structure. */
const ALWAYS_PARSED_BYTES = 8_192;

/**
 * The message's value bytes → an order, or the reason why not. Never throws. When a key occurs twice in an object, the
 * last one counts, as in ECMAScript's JSON.parse and PostgreSQL's jsonb.
 */
export function decodeOrder(value: Buffer | null | undefined, options: DecodeOptions): Validated {
  if (value === null || value === undefined) return reject('tombstone', '', RULES.tombstone);
  if (value.length > options.maxBytes) {
    return reject('too_large', '', worded('too_large', { bytes: value.length, limit: options.maxBytes }));
  }
  let text: string;
  try {
    text = utf8.decode(value);
  } catch {
    return reject('invalid_utf8', '', RULES.not_utf8);
  }
  const excess = value.length > ALWAYS_PARSED_BYTES ? jsonExcess(value, JSON_BOUNDS) : undefined;
  if (excess !== undefined) return reject(endsEarly(value) ? 'not_json' : 'schema', '', excess);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return reject('not_json', '', messageOf(error).slice(0, 200));
  }
  return validateOrder(parsed, { now: options.now, plainStrings: value.indexOf(BACKSLASH) === -1 });
}
