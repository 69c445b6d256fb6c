/** The pages in the order of the navigation. The server serves the console at these paths, too. */
export const pages = [
  { name: 'overview', path: '/' },
  { name: 'orders', path: '/orders' },
  { name: 'generator', path: '/generator' },
  { name: 'messages', path: '/messages' },
  { name: 'letters', path: '/dead-letters' },
  { name: 'cache', path: '/cache' },
  { name: 'proof', path: '/proof' },
  { name: 'chaos', path: '/chaos' },
] as const;
