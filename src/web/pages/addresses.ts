import type { paths } from '../../client/schema.generated.ts';
import { withQuery } from '../app/navigation.tsx';

/** The address of an order's page → its uid; undefined for another page. */
export function uidOf(pathname: string): string | undefined {
  return nameBelow('orders', pathname);
}

/** The address of a page of one of something, `/topics/NAME` → its name; undefined for another page. */
export function nameBelow(folder: 'orders' | 'topics' | 'groups', pathname: string): string | undefined {
  const [, parent, encoded] = /^\/([^/]+)\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (parent !== folder || encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/**
 * What someone looks for, typed or pasted → an order_uid: the address of an order's page, a line of JSON or a text in
 * quotes is taken for the order in it.
 */
export function uidOfSearch(text: string): string {
  const member = /["']?order_uid["']?\s*[:=]\s*["']?([^"',\s}]+)/.exec(text)?.[1];
  if (member !== undefined) return member;
  const linked = /^https?:\/\/[^?#]*(\/orders\/[^/?#]+)/.exec(text.trim())?.[1];
  if (linked !== undefined) return uidOf(linked) ?? linked;
  return unquoted(text);
}

/** Without the quotes, commas and spaces around it. */
export function unquoted(text: string): string {
  return text.replace(/^[\s"'`“”„«»]+|[\s"'`“”„«»,;]+$/g, '');
}

/** Parameter of an order's page that was searched for: an order that is the only one alike may be shown instead. */
export const SEARCHED = 'searched';

/** The address of an order's page. */
export function addressOf(uid: string): string {
  try {
    return `/orders/${encodeURIComponent(uid)}`;
  } catch {
    // A lone surrogate has no UTF-8; such an order can't exist either.
    return `/orders/${encodeURIComponent(uid.toWellFormed())}`;
  }
}

/** The address of a topic's page. */
export function topicAddress(topic: string): string {
  return `/topics/${encodeURIComponent(topic)}`;
}

/** The address of a consumer group's page. */
export function groupAddress(group: string): string {
  return `/groups/${encodeURIComponent(group)}`;
}

/** The position `partition:offset` that a parameter of the address names; undefined when it is none. */
export function positionIn(query: URLSearchParams, name: 'message' | 'letter'): string | undefined {
  return /^\d{1,9}:\d{1,15}$/.exec(query.get(name) ?? '')?.[0];
}

/** The address that shows a message; its position is `partition:offset`. */
export function messageAddress(topic: string, position: string): string {
  return withQuery('/messages', new URLSearchParams({ topic, message: position }));
}

/** The address that shows a letter. */
export function letterAddress(position: string): string {
  return withQuery('/dead-letters', new URLSearchParams({ letter: position }));
}

/** The address that shows the letter of a message of the orders' topic, if there is one. */
export function letterOfMessage(position: string): string {
  return withQuery('/dead-letters', new URLSearchParams({ of: position }));
}

type ListParameters = paths['/api/v1/topics/{topic}/messages']['get']['parameters'];

/** The messages that the address asks for, as a query of the API. */
export type MessageQuery = Readonly<
  Pick<NonNullable<ListParameters['query']>, 'partition' | 'offset' | 'at' | 'key' | 'text' | 'json'>
>;

/** The page's query → the API's. An offset counts only together with a partition, and then `at` does not. */
export function messageQueryOf(query: URLSearchParams): MessageQuery {
  const partition = numberOf(query.get('partition'));
  const offset = partition === undefined ? undefined : numberOf(query.get('offset'));
  const at = offset === undefined ? query.get('at') : null;
  const [key, text, json] = [query.get('key'), query.get('text'), query.get('json')];
  return {
    ...(partition !== undefined && { partition }),
    ...(offset !== undefined && { offset }),
    ...(at !== null && at !== '' && { at }),
    ...(key !== null && key !== '' && { key }),
    ...(text !== null && text !== '' && { text }),
    ...(json?.startsWith('/') === true && { json }),
  };
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
