/**
 * The prefix of the service's paths, without a trailing slash: empty, or the sub-path where a proxy serves it. The
 * files of the console lie one folder below it.
 */
export const basePath = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

/** The key of something kept in the browser: another service on the same host has its own. */
export function storageKey(name: string): string {
  return `test-service${basePath}.${name}`;
}
