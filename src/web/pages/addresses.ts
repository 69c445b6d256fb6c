import { withQuery } from '../app/navigation.tsx';

/** The address of an order's page → its uid; undefined for another page. */
export function uidOf(pathname: string): string | undefined {
  const encoded = /^\/orders\/([^/]+)\/?$/.exec(pathname)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The address of an order's page. */
export function addressOf(uid: string): string {
  try {
    return `/orders/${encodeURIComponent(uid)}`;
  } catch {
    // A lone surrogate has no UTF-8; such an order can't exist either.
    return `/orders/${encodeURIComponent(uid.toWellFormed())}`;
  }
}

/** Where a message is shown; its position is `partition:offset`. */
export function messageAddress(topic: string, position: string): string {
  return withQuery('/messages', new URLSearchParams({ topic, message: position }));
}
