/** The pages in the order of the navigation. The server serves the console at these paths, too. */
export const pages = [{ name: 'orders', path: '/' }] as const;
