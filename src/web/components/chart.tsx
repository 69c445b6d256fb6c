import { Button, useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { type Format, useFormat, useTexts } from '../i18n/language.ts';
import { type ChartUnit, type ChartValues, cutOf, lonelyPoints, timeSplits, VALUE_STEPS } from './chart-scale.ts';
import { Card } from './page.tsx';
import { drawWhenSeen, keepWidth, plotStyle, type SeenDrawing } from './plot.ts';
import { commonTexts } from './texts.ts';

export type SeriesColour = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export interface ChartSeries {
  readonly label: string;
  /** Its number in the palette. */
  readonly colour: SeriesColour;
  readonly values: ChartValues;
  /** Drawn as an area, so that a line on its edge is told apart. */
  readonly area?: boolean;
}

/** Something that happened, drawn as a line across the charts. */
export interface ChartEvent {
  /** Unix seconds. */
  readonly at: number;
  readonly tone: 'bad' | 'ok' | 'accent';
  readonly text: string;
}

interface ChartProps {
  readonly title: string;
  /** Unix seconds of the points of all series. */
  readonly at: number[];
  readonly series: readonly ChartSeries[];
  readonly unit: ChartUnit;
  readonly events: readonly ChartEvent[];
  /** Seconds from left to right, once there are so many. */
  readonly windowS: number;
}

/** What a reader points at, in this chart or in another. */
interface Pointed {
  /** Unix seconds. */
  readonly at: number;
  readonly values: ChartValues;
}

const HEIGHT = 150;
const LEAST_S = 60;
/** An event this near to what is pointed at is named; a share of the time shown. */
const NEAR = 0.02;

/**
 * Lines over the last minutes. Their values stand beside their names: the last ones, which screen readers have too, or
 * those at the time that the reader points at in any chart. The lines are drawn only while they are in view.
 */
export function Chart({ title, at, series, unit, events, windowS }: ChartProps) {
  const t = useTexts(commonTexts);
  const format = useFormat();
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<SeenDrawing>(undefined);
  const [whole, setWhole] = useState(false);
  const [pointed, setPointed] = useState<Pointed>();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const cut = useMemo(
    () =>
      unit === 'share'
        ? undefined
        : cutOf(
            at,
            series.map(({ values }) => values),
          ),
    [at, series, unit],
  );
  const shape = series.map(({ colour, area }) => `${colour}${area ? ' area' : ''}`).join();
  const top = unit === 'share' ? 100 : whole ? undefined : cut?.top;
  const latest = useRef({ at, series, format, events, windowS, top });
  latest.current = { at, series, format, events, windowS, top };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours, another language other labels.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const { colourOf, axis } = plotStyle(element);
    const made = new uPlot(
      {
        width: element.clientWidth || 300,
        height: HEIGHT,
        // Half of the last time label stands on the right of the plot.
        padding: [8, 28, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: false, y: false, setScale: false },
          points: { size: 7 },
          sync: { key: 'time', setSeries: false, scales: ['x', null] },
        },
        scales: {
          x: { range: (_, min, max) => [Math.min(Math.max(min, max - latest.current.windowS), max - LEAST_S), max] },
          y: { range: (_, __, max) => [0, latest.current.top ?? Math.max(1, (max ?? 0) * 1.1)] },
        },
        axes: [
          {
            ...axis,
            size: 28,
            splits: (_, __, from, to) => timeSplits(from, to),
            values: (_, splits) => splits.map((second) => latest.current.format.clock(second * 1000)),
          },
          {
            ...axis,
            size: (_, labels) => 18 + 6.6 * Math.max(3, ...(labels ?? []).map(({ length }) => length)),
            incrs: VALUE_STEPS[unit],
            values: (_, splits) => labelsOf(unit, splits, latest.current.format),
          },
        ],
        series: [
          {},
          ...shape.split(',').map((one) => {
            const colour = colourOf(`--series-${one[0]}`);
            return {
              stroke: colour,
              width: 1.6,
              ...(one.endsWith('area') && { fill: `${colour}33` }),
              points: {
                show: false,
                size: 5,
                filter: (chart: uPlot, line: number) => lonelyPoints(chart.data[line] ?? []),
              },
            };
          }),
        ],
        hooks: {
          draw: [(chart) => drawEvents(chart, latest.current.events, (tone) => colourOf(`--${tone}`))],
          setCursor: [(chart) => setPointed((before) => pointedIn(chart, before))],
        },
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
  }, [shape, scheme, unit, format]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is the latest.
  useEffect(() => drawing.current?.request(), [at, series, events, top]);
  const event = pointed && eventNear(events, pointed.at, (at.at(-1) ?? 0) - (at[0] ?? 0));
  return (
    <Card
      title={
        <>
          {title}
          {pointed !== undefined && (
            <span className="chart__when" aria-hidden="true">
              {format.time(pointed.at * 1000)}
            </span>
          )}
        </>
      }
      className="chart"
    >
      <ul className="chart__legend">
        {series.map(({ label, colour, values, area }, line) => (
          <li key={label}>
            <span className={`chart__key chart__key--${colour}${area ? ' chart__key--area' : ''}`} aria-hidden="true" />
            {label} <b>{valueText(pointed === undefined ? lastOf(values) : pointed.values[line], unit, format)}</b>
          </li>
        ))}
      </ul>
      <div className="chart__place" aria-hidden="true">
        <div ref={place} className="chart__plot" />
        {event !== undefined && <p className={`chart__event chart__event--${event.tone}`}>{event.text}</p>}
      </div>
      {cut !== undefined && (
        <p className="chart__cut">
          {t.peak(valueText(cut.peak.value, unit, format), format.time(cut.peak.at * 1000))}{' '}
          <Button size="compact-xs" variant="subtle" onClick={() => setWhole(!whole)}>
            {whole ? t.cutPeak : t.showPeak}
          </Button>
        </p>
      )}
    </Card>
  );
}

function lastOf(values: ChartValues): number | undefined {
  return values.findLast((value) => value !== null) ?? undefined;
}

function valueText(value: number | null | undefined, unit: ChartUnit, format: Format): string {
  if (value === null || value === undefined) return '—';
  if (unit === 'span') return format.span(value);
  if (unit === 'share') return format.percent(value, value < 10 ? 1 : 0);
  return format.number(value, unit === 'rate' && value < 10 ? 1 : 0);
}

function labelsOf(unit: ChartUnit, values: readonly number[], format: Format): string[] {
  return unit === 'span' ? format.spans(values) : values.map((value) => format.number(value, 2));
}

function dataOf({ at, series }: { at: number[]; series: readonly ChartSeries[] }): uPlot.AlignedData {
  return [at, ...series.map(({ values }) => [...values])];
}

/** What the cursor is at; `before` when that is the same still. */
function pointedIn(chart: uPlot, before: Pointed | undefined): Pointed | undefined {
  const point = chart.cursor.idx;
  const at = point === null || point === undefined ? undefined : chart.data[0][point];
  if (point === null || point === undefined || at === undefined) return undefined;
  return before?.at === at ? before : { at, values: chart.data.slice(1).map((line) => line?.[point] ?? null) };
}

function eventNear(events: readonly ChartEvent[], at: number, shown: number): ChartEvent | undefined {
  const distance = (event: ChartEvent) => Math.abs(event.at - at);
  const [nearest] = events
    .filter((event) => distance(event) <= Math.max(1, shown * NEAR))
    .sort((a, b) => distance(a) - distance(b));
  return nearest;
}

/** A line with a triangle on top for each event that is in view. */
function drawEvents(chart: uPlot, events: readonly ChartEvent[], colourOf: (tone: ChartEvent['tone']) => string): void {
  const { ctx, bbox, scales } = chart;
  const { min, max } = scales['x'] ?? {};
  const size = 4 * uPlot.pxRatio;
  ctx.save();
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash([size, size]);
  for (const { at, tone } of events) {
    if (typeof min !== 'number' || typeof max !== 'number' || at < min || at > max) continue;
    const x = Math.round(chart.valToPos(at, 'x', true));
    ctx.strokeStyle = colourOf(tone);
    ctx.fillStyle = ctx.strokeStyle;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top - size);
    ctx.lineTo(x + size, bbox.top - size);
    ctx.lineTo(x, bbox.top + size);
    ctx.fill();
  }
  ctx.restore();
}
