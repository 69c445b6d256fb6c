import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The trace a message belongs to: the one its sender named, or a new sampled one when there is none, or none that can
 * be understood. @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceparentOf(given: string | undefined): string {
  if (given !== undefined && TRACEPARENT.test(given)) return given;
  const id = randomBytes(24);
  // All zeroes are not a valid id; one set bit makes sure.
  id[0] = (id[0] ?? 0) | 1;
  id[16] = (id[16] ?? 0) | 1;
  return `00-${id.toString('hex', 0, 16)}-${id.toString('hex', 16)}-01`;
}
