import { hash } from 'node:crypto';

/** A strong entity tag over a body's bytes (RFC 9110 section 8.8.3). */
export function entityTag(body: string | Uint8Array): string {
  return `"${hash('sha256', body, 'base64url').slice(0, 27)}"`;
}
