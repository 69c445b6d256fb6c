import { hash } from 'node:crypto';

/** A strong entity tag over a body's bytes (RFC 9110 section 8.8.3). */
export function entityTag(body: string | Uint8Array): string {
  return `"${hash('sha256', body, 'base64url').slice(0, 27)}"`;
}

/** True when If-None-Match names the tag: a list, `*`, and weak tags, compared as RFC 9110 section 13.1.2 says. */
export function noneMatch(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}
