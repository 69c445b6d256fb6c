import type { DeadLetter } from '../../../client/schema.generated.ts';
import { bytesOf } from '../../components/bytes.ts';
import { indentJson } from '../../components/json-places.ts';

/** A letter's value as text to be edited. */
export interface EditableValue {
  readonly text: string;
  /** The bytes are no UTF-8: the text has U+FFFD in their place, so it is another value even unchanged. */
  readonly isLossy: boolean;
}

/** The value with indents where it is JSON, and every digit as it was sent; as it is where it is other text; empty for a tombstone. */
export function editableValue(
  letter: Pick<DeadLetter, 'value' | 'value_base64' | 'value_bytes'>,
): EditableValue {
  const { value, value_base64, value_bytes } = letter;
  if (value_bytes === null) return { text: '', isLossy: false };
  // Only JSON that would give its bytes back comes without them.
  if (value_base64 === undefined) return { text: JSON.stringify(value, undefined, 2), isLossy: false };
  const bytes = bytesOf(value_base64);
  try {
    return {
      text: indentJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)),
      isLossy: false,
    };
  } catch {
    return { text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), isLossy: true };
  }
}

/** A text's UTF-8 as base64. */
export function base64Of(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
