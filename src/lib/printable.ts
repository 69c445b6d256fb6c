/** Shows control characters as escapes, so that foreign text can't move the reader's cursor or colour the terminal. */
export function printable(text: string, keepLines = false): string {
  return text.replace(/\p{C}/gu, (character) =>
    keepLines && character === '\n'
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}}`,
  );
}

/**
 * JSON for a terminal. DEL and the C1 controls, which `JSON.stringify` leaves alone and some terminals obey, become
 * JSON escapes; a bigint becomes a number.
 */
export function terminalJson(value: unknown): string {
  const text = JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? Number(field) : field));
  return text.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** Bytes in a JSON document: text, or base64 if they are not UTF-8. */
export type TextOrBase64 = string | { readonly base64: string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LONGEST_CHARACTER = 4;

/** The bytes as UTF-8 text, or undefined if they are not. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes of base64 with its padding (RFC 4648 section 4), or undefined if it is anything else. */
export function bytesOfBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

export function textOrBase64(bytes: Buffer): TextOrBase64 {
  return textOf(bytes) ?? { base64: bytes.toString('base64') };
}

/** The start of a longer value, or up to three bytes less where it ends within a character of UTF-8. */
export function startOf(start: Buffer): TextOrBase64 {
  for (let less = 1; less < Math.min(LONGEST_CHARACTER, start.length); less += 1) {
    const text = textOf(start) ?? textOf(start.subarray(0, start.length - less));
    if (text !== undefined) return text;
  }
  return textOrBase64(start);
}
