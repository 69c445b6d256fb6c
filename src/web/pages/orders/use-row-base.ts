import { useLayoutEffect, useRef, useState } from 'react';

export const ROW_PX = 52;

/** No browser draws an element that is much higher than ten million pixels; a list of more rows shows a part of them at a time. */
export const MOST_ROWS = 200_000;
const STEP_ROWS = 80_000;
const MARGIN_ROWS = 20_000;

/** The row that the list begins with at present. */
export interface RowBase {
  readonly base: number;
  /** Call it after scrolling: near the part's end it goes on, near its beginning it goes back. `top`: where the list begins on the page. */
  readonly follow: (top: number) => void;
  readonly toFirst: () => void;
}

/** Moves the part of a very long list that exists along with what is looked at; the rows stay where they are seen. */
export function useRowBase(): RowBase {
  const [base, setBase] = useState(0);
  const scrollTop = useRef<number>(undefined);
  useLayoutEffect(() => {
    // What was scrolled to may lie beyond the part's end now, where the browser has put the page back a little.
    if (scrollTop.current !== undefined) scrollTo({ top: scrollTop.current, behavior: 'instant' });
    scrollTop.current = undefined;
  });
  const moveTo = (next: number, top: number) => {
    if (next === base) return;
    scrollTop.current = top;
    setBase(next);
  };
  return {
    base,
    follow: (top) => {
      const row = (scrollY - top) / ROW_PX;
      const next =
        row > MOST_ROWS - MARGIN_ROWS
          ? base + STEP_ROWS
          : row < MARGIN_ROWS
            ? Math.max(0, base - STEP_ROWS)
            : base;
      moveTo(next, scrollY + (base - next) * ROW_PX);
    },
    toFirst: () => moveTo(0, 0),
  };
}
