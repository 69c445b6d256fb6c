import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { keepWidth, plotStyle } from '../../components/plot-style.ts';
import { type Layer, type Layers, layerAt } from './layers.ts';

interface ReasonPlotProps {
  readonly layers: Layers;
  /** Unix seconds. */
  readonly until: number;
  /** The one that is not pale; all of them when undefined. */
  readonly chosen: Layer['reason'] | undefined;
  readonly onReason: (reason: Layer['reason']) => void;
  /** A range of whole buckets was chosen, Unix seconds. */
  readonly onRange: (since: number, until: number) => void;
}

const HEIGHT = 180;
const LEAST_DRAG_PX = 6;

/** Stacked bars over time. A click chooses a reason, a drag a range. For pointers only: what it shows is in the table, too. */
export function ReasonPlot({ layers, until, chosen, onReason, onRange }: ReasonPlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const latest = useRef({ layers, until, onReason, onRange });
  latest.current = { layers, until, onReason, onRange };
  const shape = layers.layers
    .map(({ reason, colour }) =>
      chosen === undefined || reason === chosen ? `--reason-${colour}` : '--line',
    )
    .join();
  const clock = clockOf(until - (layers.at[0] ?? until));
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const { colourOf, axis } = plotStyle(element);
    let dragged = false;
    const made = new uPlot(
      {
        width: element.clientWidth || 300,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        scales: {
          x: { range: () => [latest.current.layers.at[0] ?? 0, latest.current.until] },
          y: { range: (_, __, max) => [0, Math.max(1, (max ?? 0) * 1.1)] },
        },
        axes: [
          { ...axis, size: 28, space: 90, values: clock },
          {
            ...axis,
            size: 44,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000, 1_000_000],
          },
        ],
        series: [
          {},
          // The highest first, so that the lower ones are drawn over it.
          ...(shape === '' ? [] : shape.split(',')).reverse().map((colour) => ({
            fill: colourOf(colour),
            width: 0,
            points: { show: false },
            ...(uPlot.paths.bars && { paths: uPlot.paths.bars({ size: [0.92, 60], align: 1 }) }),
          })),
        ],
        hooks: {
          setSelect: [
            (chart) => {
              const { left, width } = chart.select;
              if (width < LEAST_DRAG_PX) return;
              dragged = true;
              const from = bucketAt(latest.current.layers, chart.posToVal(left, 'x'));
              const to = bucketAt(latest.current.layers, chart.posToVal(left + width, 'x'));
              chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              const { at } = latest.current.layers;
              latest.current.onRange(at[from] ?? 0, at[to + 1] ?? latest.current.until);
            },
          ],
        },
      },
      dataOf(latest.current.layers),
      element,
    );
    made.over.addEventListener('mousedown', () => {
      dragged = false;
    });
    made.over.addEventListener('click', ({ offsetX, offsetY }) => {
      if (dragged) return;
      const bucket = bucketAt(latest.current.layers, made.posToVal(offsetX, 'x'));
      const layer = layerAt(latest.current.layers, bucket, made.posToVal(offsetY, 'y'));
      if (layer !== undefined) latest.current.onReason(layer.reason);
    });
    plot.current = made;
    const letGo = keepWidth(made, element);
    return () => {
      letGo();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, scheme, clock]);
  useEffect(() => plot.current?.setData(dataOf(layers)), [layers]);
  return <div ref={place} className="reasons__plot" aria-hidden="true" />;
}

/** How instants are written under a range of so many seconds. */
function clockOf(seconds: number): string {
  if (seconds <= 900) return '{HH}:{mm}:{ss}';
  return seconds <= 2 * 86_400 ? '{HH}:{mm}' : '{DD}.{MM}. {HH}:{mm}';
}

function dataOf({ at, layers }: Layers): uPlot.AlignedData {
  return [at, ...layers.map(({ tops }) => tops).reverse()];
}

/** The number of the bucket an instant lies in. */
function bucketAt({ at }: Layers, second: number): number {
  return Math.max(
    0,
    at.findLastIndex((start) => start <= second),
  );
}
