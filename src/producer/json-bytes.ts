/** The UTF-8 bytes of JSON.stringify(value), one character (U+0000–U+00FF) a byte. */
export function jsonBytes(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('latin1');
}

/** The text whose UTF-8 bytes these are. */
export function textOfBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
