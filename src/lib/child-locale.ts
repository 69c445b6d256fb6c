/**
 * What child processes get instead of our own locale, which they may lack or which can't hold their paths: everything in
 * UTF-8, messages and dates as programs expect them.
 */
export const CHILD_LOCALE = { LC_ALL: 'C.UTF-8' } as const;
