/**
 * What child processes get in the place of our own locale, which may be one they don't have or can't write paths in: everything in
 * UTF-8, messages and dates as programs expect them.
 */
export const CHILD_LOCALE = { LC_ALL: 'C.UTF-8' } as const;
