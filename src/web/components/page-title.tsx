import { type ReactNode, useEffect, useRef } from 'react';

interface PageTitleProps {
  readonly title: string;
  /** What the heading shows instead of the title. */
  readonly shown?: ReactNode;
  readonly children?: ReactNode;
}

let first = true;

/** The page's heading, which takes the focus when the page was opened by a link, and the tab's title. */
export function PageTitle({ title, shown, children }: PageTitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Test Service`;
  }, [title]);
  useEffect(() => {
    const active = document.activeElement;
    // Who has just come, or is typing, stays where he is.
    if (!first && !(active instanceof HTMLInputElement)) heading.current?.focus({ preventScroll: true });
    first = false;
  }, []);
  return (
    <div className="page-title">
      <h1 ref={heading} tabIndex={-1} aria-label={shown === undefined ? undefined : title}>
        {shown ?? title}
      </h1>
      {children}
    </div>
  );
}
