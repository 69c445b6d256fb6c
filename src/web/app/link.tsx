import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { basePath } from './base.ts';
import { navigate } from './navigation.ts';

/** A link within the console: with a modifier it opens another tab, as links do. */
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
