import { useMemo } from 'react';
import { Link } from '../../app/navigation.tsx';
import { Chart, type ChartSeries, type SeriesColour } from '../../components/chart.tsx';
import { Card } from '../../components/page.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { type LiveStore, useLiveState, usePoints } from '../../live/live-store.ts';
import { useChartEvents } from '../../live/notes.ts';
import { overviewTexts } from './texts.ts';

const COLOURS: readonly SeriesColour[] = [1, 2, 3, 4, 5, 6, 7, 8];
const MOST_ROWS = 12;

/** How far each partition was behind, over a span. */
export function PartitionLag({ live, seconds }: { readonly live: LiveStore; readonly seconds: number }) {
  const t = useTexts(overviewTexts);
  const shown = usePoints(live, seconds);
  const events = useChartEvents(live);
  const series = useMemo(() => {
    const { named, rest } = shown.partitions(COLOURS.length);
    const lines: ChartSeries[] = named.map(({ partition, line }, place) => ({
      label: t.partitionNumber(partition),
      colour: COLOURS[place] ?? 8,
      values: line,
    }));
    if (rest !== undefined) lines.push({ label: t.otherPartitions, colour: 8, values: rest });
    return lines;
  }, [shown, t]);
  if (series.length === 0) return null;
  return (
    <Chart title={t.lagByPartition} at={shown.at} series={series} unit="count" events={events} windowS={seconds} />
  );
}

/** How far each partition is behind now. */
export function Partitions({ live }: { readonly live: LiveStore }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const topic = useLiveState(live, ({ latest }) => latest?.topic ?? undefined);
  const partitions = topic?.partitions ?? [];
  const waits = (topic?.pending ?? 0) > 0;
  // The table shows those furthest behind, no more than can be read at a glance.
  const rows = partitions
    .toSorted((a, b) => b.lag - a.lag)
    .slice(0, MOST_ROWS)
    .sort((a, b) => a.partition - b.partition);
  return (
    <Card title={t.partitions}>
      <Table
        label={t.partitions}
        columns={[
          t.partition,
          [t.end, 'num'],
          [t.storedTo, 'num'],
          [t.behind, 'num'],
          ...(waits ? [[t.pending, 'num'] as const] : []),
        ]}
      >
        {rows.map(({ partition, end, stored, lag, pending }) => (
          <tr key={partition}>
            <td>{partition}</td>
            <td className="num">{format.number(end)}</td>
            <td className="num">{stored === null ? '—' : format.number(stored)}</td>
            <td className="num">{format.number(lag)}</td>
            {waits && <td className="num">{format.number(pending)}</td>}
          </tr>
        ))}
      </Table>
      {waits && (
        <p>
          <Link href="/messages">{t.seeTransactions}</Link>
        </p>
      )}
      {rows.length < partitions.length && <p className="muted">{t.furthestBehind(MOST_ROWS)}</p>}
    </Card>
  );
}
