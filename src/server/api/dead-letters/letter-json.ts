import { formatPosition, type LetterSummary, orderUidOf } from '../../../contract/letter.ts';
import type { KnownLetter } from '../../../contract/redrive.ts';
import { DEPTH_BOUND, parseBoundedJson } from '../../../lib/bounded-json.ts';
import { textOrBase64 } from '../../../lib/printable.ts';
import { rfc3339 } from '../../../lib/rfc3339.ts';
import { headersJson } from '../schemas.ts';
import type { LetterJson, LetterSummaryJson } from './schemas.ts';

/** A letter without its value, as the API and the command line show it. */
export function summaryJson(letter: LetterSummary): LetterSummaryJson {
  const { partition, offset, reason, detail, source, at, replays, key, orderUid, valueBytes, redrivenAt } = letter;
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
    order_uid: orderUid ?? null,
    value_bytes: valueBytes,
    redriven_at: redrivenAt === undefined ? null : new Date(redrivenAt).toISOString(),
  };
}

/** A letter with all it has. */
export function letterJson({ letter, redriven }: KnownLetter): LetterJson {
  const valueBytes = letter.value?.length ?? null;
  return {
    ...summaryJson({ ...letter, orderUid: orderUidOf(letter), valueBytes, redrivenAt: redriven?.at }),
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
