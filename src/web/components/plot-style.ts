import type uPlot from 'uplot';

/** How plots look in the theme that is chosen: colours by the names of their variables, and axes. */
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

/** Keeps a plot as wide as its element, until the function that is returned is called. */
export function keepWidth(plot: uPlot, element: Element): () => void {
  const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: plot.height }));
  watch.observe(element);
  return () => watch.disconnect();
}
