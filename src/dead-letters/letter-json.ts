import { type NamedHeader, namedHeaders } from '../kafka/read/named-headers.ts';
import { DEPTH_BOUND, parseBoundedJson } from '../lib/bounded-json.ts';
import { rfc3339 } from '../lib/rfc3339.ts';
import { type TextOrBase64, textOrBase64 } from '../lib/text-or-base64.ts';
import { type DeadLetter, formatPosition } from './letter.ts';
import type { RedriveRecord } from './ports.ts';

/** A letter without its value, as the command line and the API show it. */
export interface LetterSummary {
  /** `partition:offset` in the dead-letter topic. */
  readonly position: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  readonly detail: string;
  /** Where the message was rejected; null for a foreign message. */
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: number } | null;
  /** RFC 3339. */
  readonly at: string;
  readonly replays: number;
  readonly key: TextOrBase64 | null;
  /** Length of the value; null for a tombstone. */
  readonly value_bytes: number | null;
  /** When it was last sent back, RFC 3339; null when it never was. */
  readonly redriven_at: string | null;
}

/** A letter with all it has. */
export interface LetterJson extends LetterSummary {
  /** The original ones in their order; a name may come twice. */
  readonly headers: readonly NamedHeader[];
  /** The value, when it is JSON. */
  readonly value?: unknown;
  /** The value's bytes, when `value` is absent or does not give them back exactly. */
  readonly value_base64?: string;
}

export function letterSummary(letter: DeadLetter, redriven: RedriveRecord | undefined): LetterSummary {
  const { partition, offset, reason, detail, source, at, replays, key, value } = letter;
  return {
    position: formatPosition(letter),
    partition,
    offset,
    reason,
    detail,
    source: source ?? null,
    at: rfc3339(at),
    replays,
    key: key === null ? null : textOrBase64(key),
    value_bytes: value === null ? null : value.length,
    redriven_at: redriven === undefined ? null : new Date(redriven.at).toISOString(),
  };
}

export function letterJson(letter: DeadLetter, redriven: RedriveRecord | undefined): LetterJson {
  return {
    ...letterSummary(letter, redriven),
    headers: namedHeaders(letter.headers),
    ...valueJson(letter.value),
  };
}

/** JSON that would be written otherwise, as with spaces, 1e2 or a doubled key, is given as bytes, too; nested very deep, as bytes only. */
function valueJson(value: Buffer | null): { value?: unknown; value_base64?: string } {
  if (value === null) return {};
  const value_base64 = value.toString('base64');
  try {
    const parsed = parseBoundedJson(value, DEPTH_BOUND);
    return value.equals(Buffer.from(JSON.stringify(parsed)))
      ? { value: parsed }
      : { value: parsed, value_base64 };
  } catch {
    return { value_base64 };
  }
}
