import { type AnchorHTMLAttributes, type MouseEvent, useMemo, useSyncExternalStore } from 'react';
import { basePath } from './base.ts';

const listeners = new Set<() => void>();
addEventListener('popstate', notify);

/** Path and query of the page: what follows the base path in the address bar. */
export interface ConsoleAddress {
  readonly pathname: string;
  readonly query: URLSearchParams;
}

/** Follows the address bar. */
export function usePlace(): ConsoleAddress {
  const address = useSyncExternalStore(subscribe, currentAddress);
  return useMemo(() => {
    const { pathname, searchParams } = new URL(address, location.origin);
    return { pathname, query: searchParams };
  }, [address]);
}

/** Goes to an address of the console; `replace` adds no entry to the history. */
export function navigate(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (to === currentAddress()) return;
  if (replace) history.replaceState(null, '', basePath + to);
  else {
    const before = currentPath();
    history.pushState(null, '', basePath + to);
    if (currentPath() !== before) scrollTo(0, 0);
  }
  notify();
}

/**
 * Changes parameters of the page's query; undefined and empty ones are removed. Adds no entry to the history unless
 * told to.
 */
export function setQuery(
  changes: Readonly<Record<string, string | undefined>>,
  options: { readonly replace?: boolean } = { replace: true },
): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  navigate(withQuery(currentPath(), query), options);
}

/** A path and a query as one address. */
export function withQuery(pathname: string, query: URLSearchParams): string {
  return query.size === 0 ? pathname : `${pathname}?${query}`;
}

function currentAddress(): string {
  return currentPath() + location.search;
}

function currentPath(): string {
  const { pathname } = location;
  return pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function notify(): void {
  for (const listener of listeners) listener();
}

/** A link within the console; with a modifier key it opens another tab, like any link. */
export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={basePath + href} onClick={follow} {...rest} />;
}
