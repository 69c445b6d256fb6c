/**
 * Seconds of the `wait` preference (RFC 7240 section 4.3), or undefined when the header has none. Of several the first one counts; what is
 * not understood is passed over, as the RFC wants it.
 */
export function preferredWait(header: string | undefined): number | undefined {
  for (const preference of header?.split(',') ?? []) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference)?.[1];
    if (seconds !== undefined) return Number(seconds);
  }
  return undefined;
}
