import { useMemo } from 'react';
import { Chart, type SeriesColour } from '../../components/chart.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import type { LiveStore } from '../../live/live-store.ts';
import type { Figure } from '../../live/point-window.ts';
import { usePoints } from '../../live/use-live.ts';
import { overviewTexts } from './texts.ts';

type Lines = readonly (readonly [label: string, colour: SeriesColour, figure: Figure])[];

/** The figures of all partitions together, over a span. */
export function Charts({ live, seconds }: { readonly live: LiveStore; readonly seconds: number }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const rate = (value: number) => format.number(value, value < 10 ? 1 : 0);
  const charts = useMemo(
    (): readonly { title: string; spans?: boolean; lines: Lines }[] => [
      {
        title: t.flow,
        lines: [
          [t.produced, 1, 'produced'],
          [t.stored, 2, 'stored'],
        ],
      },
      {
        title: t.readable,
        spans: true,
        lines: [
          ['p50', 1, 'p50'],
          ['p99', 3, 'p99'],
        ],
      },
      { title: t.lagTitle, lines: [[t.lagLabel, 3, 'lag']] },
      { title: t.dead, lines: [[t.deadLabel, 4, 'deadLettered']] },
      {
        title: t.lookupsTitle,
        lines: [
          [t.memory, 1, 'l1'],
          ['Redis', 4, 'redis'],
          ['PostgreSQL', 2, 'postgresql'],
        ],
      },
      {
        title: t.errors,
        lines: [
          [t.clientErrors, 3, 'clientErrors'],
          [t.serverErrors, 4, 'serverErrors'],
        ],
      },
    ],
    [t],
  );
  const shown = usePoints(live, seconds);
  return (
    <div className="charts">
      {charts.map(({ title, spans, lines }) => (
        <Chart
          key={title}
          title={title}
          at={shown.at}
          series={lines.map(([label, colour, figure]) => ({ label, colour, values: shown.line(figure) }))}
          format={spans ? format.span : rate}
          windowS={seconds}
        />
      ))}
    </div>
  );
}
