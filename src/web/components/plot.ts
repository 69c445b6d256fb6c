import type uPlot from 'uplot';

/** The look of plots in the current theme: colours by the names of their variables, and axes. */
export function plotStyle(element: Element) {
  const style = getComputedStyle(element);
  const colourOf = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colourOf('--muted'),
    grid: { stroke: colourOf('--line'), width: 1 },
    font: '11px sans-serif',
  };
  return { colourOf, axis };
}

/** Keeps a plot as wide as its element until the returned function is called. */
export function keepWidth(plot: uPlot, element: Element): () => void {
  const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: plot.height }));
  watch.observe(element);
  return () => watch.disconnect();
}

/** Draws an element only while it is in view. */
export interface SeenDrawing {
  /** Draws now, or once when the element next comes into view. */
  request(): void;
  stop(): void;
}

/** Nothing is drawn while the element is scrolled away, or its tab is in the background. */
export function drawWhenSeen(element: Element, draw: () => void): SeenDrawing {
  let [inView, wanted] = [false, false];
  const drawWanted = () => {
    if (!wanted || !inView || document.visibilityState === 'hidden') return;
    wanted = false;
    draw();
  };
  const watch = new IntersectionObserver((entries) => {
    inView = entries.at(-1)?.isIntersecting === true;
    drawWanted();
  });
  watch.observe(element);
  document.addEventListener('visibilitychange', drawWanted);
  return {
    request: () => {
      wanted = true;
      drawWanted();
    },
    stop: () => {
      watch.disconnect();
      document.removeEventListener('visibilitychange', drawWanted);
    },
  };
}
