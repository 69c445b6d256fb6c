/**
 * What stands before the paths of the service where this page comes from, without a slash at the end: empty, or the part of a host that a
 * proxy gives it. The files of the console lie in one folder below it.
 */
export const basePath = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

/** Where something is kept in the browser: another service on the same host has its own. */
export function storageKey(name: string): string {
  return `test-service${basePath}.${name}`;
}
