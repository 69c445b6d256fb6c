import type { Message } from '../../client/schema.generated.ts';
import { DEPTH_BOUND, parseBoundedJson } from '../../lib/bounded-json.ts';

/** Text, or base64 of bytes that are not UTF-8, as the API gives keys and values. */
type TextOrBase64 = NonNullable<Message['key']>;

/** Headers as names and texts. A repeated name is numbered; an empty value is shown as `""`. */
export function headerTexts(headers: Readonly<Message['headers']>): [name: string, text: string][] {
  const seen = new Map<string, number>();
  return headers.map(({ name, value }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [count === 1 ? name : `${name} (${count})`, value === '' ? '""' : bytesText(value)];
  });
}

/** Bytes as one line. */
export function bytesText(bytes: TextOrBase64 | null): string {
  if (bytes === null) return '—';
  return typeof bytes === 'string' ? bytes : `base64:${bytes.base64}`;
}

/** Indented JSON; other text, and JSON that is nested very deep, as it is; bytes that are not text as hexadecimal. */
export function prettyBytes(bytes: TextOrBase64 | null): string {
  if (bytes === null) return '';
  if (typeof bytes !== 'string') return hexOf(bytes.base64);
  try {
    const value = parseBoundedJson(new TextEncoder().encode(bytes), DEPTH_BOUND);
    return JSON.stringify(value, undefined, 2);
  } catch {
    return bytes;
  }
}

/** The bytes of base64. @throws DOMException when it is not base64 */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

export function base64Of(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Sixteen bytes a line, with the offset before and the printable characters after them. */
export function hexOf(base64: string): string {
  const binary = atob(base64);
  const lines: string[] = [];
  for (let at = 0; at < binary.length; at += 16) {
    const part = [...binary.slice(at, at + 16)];
    const hex = part.map((one) => one.charCodeAt(0).toString(16).padStart(2, '0')).join(' ');
    const shown = part.map((one) => (one >= ' ' && one <= '~' ? one : '.')).join('');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${shown}`);
  }
  return lines.join('\n');
}
