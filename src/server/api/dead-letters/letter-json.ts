import { type DeadLetter, formatPosition, type LetterSummary } from '../../../contract/letter.ts';
import { DEPTH_BOUND, parseBoundedJson } from '../../../lib/bounded-json.ts';
import { textOrBase64 } from '../../../lib/printable.ts';
import { rfc3339 } from '../../../lib/rfc3339.ts';
import { headersJson } from '../schemas.ts';
import type { LetterJson, LetterSummaryJson } from './schemas.ts';

/** A letter without its value, as the API and the command line show it. */
export function summaryJson(letter: LetterSummary): LetterSummaryJson {
  const { partition, offset, reason, detail, source, at, replays, key, valueBytes, redrivenAt } = letter;
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
    value_bytes: valueBytes,
    redriven_at: redrivenAt === undefined ? null : new Date(redrivenAt).toISOString(),
  };
}

/** A letter with all it has. `redrivenAt`: when it was last sent back, ms since the Unix epoch. */
export function letterJson(letter: DeadLetter, redrivenAt: number | undefined): LetterJson {
  return {
    ...summaryJson({ ...letter, valueBytes: letter.value?.length ?? null, redrivenAt }),
    headers: headersJson(letter.headers),
    ...valueJson(letter.value),
  };
}

/**
 * JSON that would be written differently, as with spaces, 1e2 or a doubled key, comes as bytes, too; nested very deep,
 * as bytes only.
 */
function valueJson(value: Buffer | null): { value?: unknown; value_base64?: string } {
  if (value === null) return {};
  const value_base64 = value.toString('base64');
  try {
    const parsed = parseBoundedJson(value, DEPTH_BOUND);
    return value.equals(Buffer.from(JSON.stringify(parsed))) ? { value: parsed } : { value: parsed, value_base64 };
  } catch {
    return { value_base64 };
  }
}
