import type { paths } from '../../client/schema.generated.ts';
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

/** The address that shows a message; its position is `partition:offset`. */
export function messageAddress(topic: string, position: string): string {
  return withQuery('/messages', new URLSearchParams({ topic, message: position }));
}

type ListParameters = paths['/api/v1/topics/{topic}/messages']['get']['parameters'];

/** The messages that the address asks for, as a query of the API. */
export type MessageQuery = Readonly<Pick<NonNullable<ListParameters['query']>, 'partition' | 'offset' | 'at' | 'key'>>;

/** The page's query → the API's. An offset counts only together with a partition, and then `at` does not. */
export function messageQueryOf(query: URLSearchParams): MessageQuery {
  const partition = numberOf(query.get('partition'));
  const offset = partition === undefined ? undefined : numberOf(query.get('offset'));
  const at = offset === undefined ? query.get('at') : null;
  const key = query.get('key');
  return {
    ...(partition !== undefined && { partition }),
    ...(offset !== undefined && { offset }),
    ...(at !== null && at !== '' && { at }),
    ...(key !== null && key !== '' && { key }),
  };
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
