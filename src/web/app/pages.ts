/** The pages in the order of the navigation. The server serves the console at these paths, too. */
export const pages = [
  { name: 'overview', path: '/' },
  { name: 'orders', path: '/orders' },
  { name: 'generator', path: '/generator' },
  { name: 'letters', path: '/dead-letters' },
] as const;
