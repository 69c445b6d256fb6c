import { Button, useComputedColorScheme } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { setQuery } from '../../app/navigation.tsx';
import { Card, Instant, Skeleton } from '../../components/page.tsx';
import { keepWidth, plotStyle } from '../../components/plot.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { useWording } from '../../i18n/use-wording.ts';
import { type Layer, type Layers, layerAt, layersOf } from './layers.ts';
import type { LetterQuery } from './letter-query.ts';
import { lettersTexts } from './texts.ts';

const REFRESH_MS = 5_000;

/**
 * When and why letters were rejected, in the last hour or the filter's period. Choosing a reason or a period changes
 * the page's filter.
 */
export function ReasonChart({ filter }: { readonly filter: LetterQuery }) {
  const t = useTexts(lettersTexts);
  const words = useWording();
  const format = useFormat();
  // All reasons stay visible, so that another one can be chosen.
  const { reason: [chosen] = [], ...query } = filter;
  const { data, error } = useQuery({
    queryKey: ['letters', 'timeline', JSON.stringify(query)],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/dead-letters/timeline', { params: { query }, signal })),
    refetchInterval: refetchEvery(REFRESH_MS),
    placeholderData: keepPreviousData,
  });
  const layers = useMemo(() => data && layersOf(data), [data]);
  if (data === undefined || layers === undefined)
    return error === null ? <Skeleton rows={8} /> : <ProblemAlert error={error} retries />;
  const until = Date.parse(data.until) / 1000;
  const chooseReason = (reason: Layer['reason']) => {
    if (reason !== 'others') setQuery({ reason: reason === chosen ? undefined : reason });
  };
  const chooseRange = (since: number, to: number) => setQuery({ since: isoOf(since), until: isoOf(to) }, {});
  return (
    <Card title={t.overTime(format.dateTime(data.since), format.dateTime(data.until))}>
      {error !== null && <ProblemAlert error={error} retries />}
      {data.cut && <p className="muted">{t.timelineCut(format.dateTime(data.complete_since))}</p>}
      <div className="reasons">
        <div className="row">
          {layers.layers.map(({ reason, colour, total }) => (
            <Button
              key={reason}
              size="compact-xs"
              variant={reason === chosen ? 'light' : 'default'}
              aria-pressed={reason === chosen}
              disabled={reason === 'others'}
              leftSection={<span className={`reasons__key reasons__key--${colour}`} aria-hidden="true" />}
              onClick={() => chooseReason(reason)}
            >
              {`${reason === 'others' ? t.others : words.reason(reason)} ${format.number(total)}`}
            </Button>
          ))}
          {layers.layers.length === 0 && <span className="muted">{t.noneThen}</span>}
        </div>
        <ReasonPlot layers={layers} until={until} chosen={chosen} onReason={chooseReason} onRange={chooseRange} />
        <p className="muted">{t.chooseHint}</p>
        <details>
          <summary>{t.asTable}</summary>
          <ReasonTable layers={layers} until={until} onRange={chooseRange} />
        </details>
      </div>
    </Card>
  );
}

interface ReasonTableProps {
  readonly layers: Layers;
  readonly until: number;
  readonly onRange: (since: number, until: number) => void;
}

/** The chart as a table, without empty buckets. */
function ReasonTable({ layers: { at, layers }, until, onRange }: ReasonTableProps) {
  const t = useTexts(lettersTexts);
  const format = useFormat();
  const words = useWording();
  const rows = at
    .map((start, bucket) => ({ start, end: at[bucket + 1] ?? until, bucket }))
    .filter(({ bucket }) => layers.some(({ counts }) => (counts[bucket] ?? 0) > 0));
  const names = layers.map(({ reason }) => (reason === 'others' ? t.others : words.reason(reason)));
  return (
    <Table label={t.asTable} columns={[t.from, ...names.map((name) => [name, 'num'] as const)]}>
      {rows.map(({ start, end, bucket }) => (
        <tr key={start}>
          <td>
            <Button size="compact-xs" variant="default" onClick={() => onRange(start, end)}>
              <Instant at={start * 1000} />
            </Button>
          </td>
          {layers.map(({ reason, counts }) => (
            <td key={reason} className="num">
              {format.number(counts[bucket] ?? 0)}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  );
}

function isoOf(second: number): string {
  return new Date(second * 1000).toISOString();
}

interface ReasonPlotProps {
  readonly layers: Layers;
  /** Unix seconds. */
  readonly until: number;
  /** The highlighted reason; all are when undefined. */
  readonly chosen: Layer['reason'] | undefined;
  readonly onReason: (reason: Layer['reason']) => void;
  /** A range of whole buckets was chosen, Unix seconds. */
  readonly onRange: (since: number, until: number) => void;
}

const HEIGHT = 180;
const LEAST_DRAG_PX = 6;

/**
 * Stacked bars over time. A click chooses a reason, a drag a period. It is for pointers only: the table shows the same.
 */
function ReasonPlot({ layers, until, chosen, onReason, onRange }: ReasonPlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const latest = useRef({ layers, until, onReason, onRange });
  latest.current = { layers, until, onReason, onRange };
  const shape = layers.layers
    .map(({ reason, colour }) => (chosen === undefined || reason === chosen ? `--reason-${colour}` : '--line'))
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
          // The highest first: the lower ones are drawn over it.
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
      barsOf(latest.current.layers),
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
  useEffect(() => plot.current?.setData(barsOf(layers)), [layers]);
  return <div ref={place} className="reasons__plot" aria-hidden="true" />;
}

/** The format of instants below a range of so many seconds. */
function clockOf(seconds: number): string {
  if (seconds <= 900) return '{HH}:{mm}:{ss}';
  return seconds <= 2 * 86_400 ? '{HH}:{mm}' : '{DD}.{MM}. {HH}:{mm}';
}

function barsOf({ at, layers }: Layers): uPlot.AlignedData {
  return [at, ...layers.map(({ tops }) => tops).reverse()];
}

/** The number of the bucket an instant lies in. */
function bucketAt({ at }: Layers, second: number): number {
  return Math.max(
    0,
    at.findLastIndex((start) => start <= second),
  );
}
