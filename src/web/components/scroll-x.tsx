import type { ReactNode } from 'react';

/** What is too wide for a phone scrolls sideways in here; by keyboard, too. */
export function ScrollX({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className="scroll-x" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
