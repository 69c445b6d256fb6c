import { ActionIcon } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

interface DetailProps {
  readonly title: string;
  /**
   * What is open, and all that the list beside it shows, in its order; each row has its own as `data-row`. No rows when
   * what is open is none of them.
   */
  readonly open: string;
  readonly rows: readonly string[];
  readonly onOpen: (row: string) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/**
 * One row of a list in full, beside the list, which stays where it is; on a narrow screen above it. `k` and `j` go to
 * the row before and after. Escape closes it, and the focus goes back to the row.
 */
export function Detail({ title, open, rows, onOpen, onClose, children }: DetailProps) {
  const t = useTexts(commonTexts);
  const titleId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const element = useRef<HTMLElement>(null);
  const at = rows.indexOf(open);
  const [before, after] = [at > 0 ? rows[at - 1] : undefined, at < 0 ? undefined : rows[at + 1]];
  const [place] = useState(() => topOf(open));
  const latest = useRef({ open, before, after, onOpen, onClose });
  latest.current = { open, before, after, onOpen, onClose };
  // The list is narrower beside the detail: what stands above the row takes more or less room.
  // biome-ignore lint/correctness/useExhaustiveDependencies: when it opens and closes.
  useLayoutEffect(() => {
    keepAt(open, place);
    return () => {
      const { open: row } = latest.current;
      const top = topOf(row);
      queueMicrotask(() => keepAt(row, top));
    };
  }, []);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    const onKey = (event: KeyboardEvent) => {
      const { before, after, onOpen, onClose } = latest.current;
      const isTaken = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey;
      if (isTaken || isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
      if (event.key === 'Escape') onClose();
      if (event.key === 'k' && before !== undefined) onOpen(before);
      if (event.key === 'j' && after !== undefined) onOpen(after);
    };
    addEventListener('keydown', onKey);
    const { current } = element;
    return () => {
      removeEventListener('keydown', onKey);
      const { activeElement } = document;
      const isElsewhere = activeElement !== document.body && current?.contains(activeElement) !== true;
      if (!isElsewhere) rowOf(latest.current.open)?.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    rowOf(open)?.scrollIntoView({ block: 'nearest' });
    element.current?.scrollTo(0, 0);
  }, [open]);
  const step = (row: string | undefined, label: string, icon: ReactNode) => (
    <ActionIcon
      variant="default"
      aria-label={label}
      title={label}
      disabled={row === undefined}
      onClick={() => row !== undefined && onOpen(row)}
    >
      {icon}
    </ActionIcon>
  );
  return (
    <section className="detail" aria-labelledby={titleId} ref={element}>
      <div className="detail__head">
        <h2 id={titleId} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {rows.length > 0 && step(before, t.previous, <IconChevronLeft size={16} aria-hidden />)}
        {rows.length > 0 && step(after, t.next, <IconChevronRight size={16} aria-hidden />)}
        <ActionIcon variant="default" aria-label={t.close} title={t.close} onClick={onClose}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </div>
      {children}
    </section>
  );
}

function topOf(row: string): number | undefined {
  return rowOf(row)?.getBoundingClientRect().top;
}

/** Scrolls so that a row is where it was in the window. */
function keepAt(row: string, before: number | undefined): void {
  const now = topOf(row);
  if (before !== undefined && now !== undefined && now !== before) scrollBy({ top: now - before, behavior: 'instant' });
}

function rowOf(row: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-row="${CSS.escape(row)}"]`);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select');
}
