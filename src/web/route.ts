/** The page's address → the order it is about; undefined for the start page. */
export function uidOf(pathname: string): string | undefined {
  const encoded = /^\/orders\/([^/]+)\/?$/.exec(pathname)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The address of an order's page; of the start page without a uid. */
export function addressOf(uid: string | undefined): string {
  if (uid === undefined) return '/';
  try {
    return `/orders/${encodeURIComponent(uid)}`;
  } catch {
    // A lone surrogate has no UTF-8; such an order can't exist either.
    return `/orders/${encodeURIComponent(uid.toWellFormed())}`;
  }
}
