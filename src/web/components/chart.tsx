import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { Card } from './page.tsx';

export type SeriesColour = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface ChartSeries {
  readonly label: string;
  /** Its number in the palette. */
  readonly colour: SeriesColour;
  readonly values: (number | null)[];
}

interface ChartProps {
  readonly title: string;
  /** Unix seconds of the points of all series. */
  readonly at: number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  /** Seconds from left to right, once there are so many; 300. */
  readonly windowS?: number;
}

const HEIGHT = 150;
const LEAST_S = 60;

/**
 * Lines over the last minutes, with the last values beside their names, for screen readers too. The lines are drawn
 * only while they are in view.
 */
export function Chart({ title, at, series, format, windowS = 300 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<SeenDrawing>(undefined);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const shape = series.map(({ colour }) => colour).join();
  const latest = useRef({ at, series, format, windowS });
  latest.current = { at, series, format, windowS };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const { colourOf, axis } = plotStyle(element);
    const made = new uPlot(
      {
        width: element.clientWidth || 300,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: {
            range: (_, min, max) => [Math.min(Math.max(min, max - latest.current.windowS), max - LEAST_S), max],
          },
          y: { range: (_, __, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
        },
        axes: [
          { ...axis, size: 28, space: 70, values: '{HH}:{mm}:{ss}' },
          { ...axis, size: 56, values: (_, splits) => splits.map((value) => latest.current.format(value)) },
        ],
        series: [
          {},
          ...shape.split(',').map((colour) => ({
            stroke: colourOf(`--series-${colour}`),
            width: 1.6,
            points: { show: false },
          })),
        ],
      },
      dataOf(latest.current),
      element,
    );
    const seen = drawWhenSeen(element, () => made.setData(dataOf(latest.current)));
    drawing.current = seen;
    const letGo = keepWidth(made, element);
    return () => {
      letGo();
      seen.stop();
      made.destroy();
      drawing.current = undefined;
    };
  }, [shape, scheme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is the latest.
  useEffect(() => drawing.current?.request(), [at, series]);
  return (
    <Card title={title} className="chart">
      <ul className="chart__legend">
        {series.map(({ label, colour, values }) => (
          <li key={label}>
            <span className={`chart__key chart__key--${colour}`} aria-hidden="true" />
            {label} <b>{formatLast(values, format)}</b>
          </li>
        ))}
      </ul>
      <div ref={place} className="chart__plot" aria-hidden="true" />
    </Card>
  );
}

function formatLast(values: readonly (number | null)[], format: (value: number) => string): string {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? '—' : format(last);
}

function dataOf({ at, series }: { at: number[]; series: readonly ChartSeries[] }): uPlot.AlignedData {
  return [at, ...series.map(({ values }) => values)];
}

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
interface SeenDrawing {
  /** Draws now, or once when the element next comes into view. */
  request(): void;
  stop(): void;
}

/** Nothing is drawn while the element is scrolled away, or its tab is in the background. */
function drawWhenSeen(element: Element, draw: () => void): SeenDrawing {
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
