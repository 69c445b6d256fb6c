import type { RecordHeaders } from '../../contract/letter.ts';
import { type TextOrBase64, textOrBase64 } from '../../lib/printable.ts';

/** A header, ready to be written as JSON. */
export interface NamedHeader {
  readonly name: string;
  readonly value: TextOrBase64 | null;
}

/** In their order; a name may come twice. */
export function namedHeaders(headers: RecordHeaders): NamedHeader[] {
  return headers.map(([name, content]) => ({
    name: name?.toString() ?? '',
    value: content === null ? null : textOrBase64(content),
  }));
}
