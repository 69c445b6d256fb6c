import { Badge } from '@mantine/core';
import { useMemo } from 'react';
import type { LiveNote, LiveSample } from '../../../client/schema.generated.ts';
import { Chart } from '../../components/chart.tsx';
import { Card, Facts } from '../../components/facts.tsx';
import { Instant } from '../../components/instant.tsx';
import { PageTitle } from '../../components/page-title.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { Pipe } from './pipe.tsx';
import type { Point } from './points.ts';
import { overviewTexts } from './texts.ts';
import { useLive } from './use-live.ts';

/** The whole pipe at a glance: as it is, and over the last minutes. */
export function OverviewPage() {
  const t = useTexts(overviewTexts);
  const live = useLive();
  const { latest, points, notes, error, stale } = live;
  const isOld = stale || error !== undefined;
  return (
    <>
      <PageTitle title={t.title}>
        <Badge variant="light" color={isOld ? 'orange' : latest === undefined ? 'gray' : 'green'}>
          {isOld ? t.stale : latest === undefined ? t.connecting : t.live}
        </Badge>
      </PageTitle>
      {error !== undefined && <ProblemAlert error={error} retries />}
      {latest !== undefined && (
        <>
          <Pipe sample={latest} />
          <Charts points={points} />
          <div className="cards">
            <Partitions sample={latest} />
            <Notes notes={notes} />
          </div>
          <Process sample={latest} />
        </>
      )}
    </>
  );
}

function Charts({ points }: { readonly points: readonly Point[] }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const rate = (value: number) => format.number(value, value < 10 ? 1 : 0);
  const charts = useMemo(() => {
    const values = (name: Exclude<keyof Point, 'at'>) => points.map((point) => point[name]);
    return {
      at: points.map(({ at }) => at),
      flow: [
        { label: t.produced, colour: 1, values: values('produced') },
        { label: t.stored, colour: 2, values: values('stored') },
      ],
      readable: [
        { label: 'p50', colour: 1, values: values('p50') },
        { label: 'p99', colour: 3, values: values('p99') },
      ],
      lag: [{ label: t.lagLabel, colour: 3, values: values('lag') }],
      dead: [{ label: t.deadLabel, colour: 4, values: values('deadLettered') }],
      lookups: [
        { label: t.memory, colour: 1, values: values('l1') },
        { label: 'Redis', colour: 4, values: values('redis') },
        { label: 'PostgreSQL', colour: 2, values: values('postgresql') },
      ],
      errors: [
        { label: t.clientErrors, colour: 3, values: values('clientErrors') },
        { label: t.serverErrors, colour: 4, values: values('serverErrors') },
      ],
    } as const;
  }, [points, t]);
  const { at } = charts;
  return (
    <div className="charts">
      <Chart title={t.flow} at={at} series={charts.flow} format={rate} />
      <Chart title={t.readable} at={at} series={charts.readable} format={format.span} />
      <Chart title={t.lagTitle} at={at} series={charts.lag} format={rate} />
      <Chart title={t.dead} at={at} series={charts.dead} format={rate} />
      <Chart title={t.lookupsTitle} at={at} series={charts.lookups} format={rate} />
      <Chart title={t.errors} at={at} series={charts.errors} format={rate} />
    </div>
  );
}

function Partitions({ sample }: { readonly sample: LiveSample }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  return (
    <Card title={t.partitions}>
      <table className="plain">
        <TableHead columns={[t.partition, [t.end, 'num'], [t.storedTo, 'num'], [t.behind, 'num']]} />
        <tbody>
          {sample.topic?.partitions.slice(0, 12).map(({ partition, end, stored, lag }) => (
            <tr key={partition}>
              <td>{partition}</td>
              <td className="num">{format.number(end)}</td>
              <td className="num">{stored === null ? '—' : format.number(stored)}</td>
              <td className="num">{format.number(lag)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Notes({ notes }: { readonly notes: readonly LiveNote[] }) {
  const t = useTexts(overviewTexts);
  return (
    <Card title={t.notes}>
      {notes.length === 0 ? (
        <p className="muted">{t.noNotes}</p>
      ) : (
        <ol className="notes">
          {notes.slice(0, 12).map(({ at, kind, text }) => (
            <li key={`${at} ${kind} ${text}`}>
              <span className="muted">
                <Instant at={at} timeOnly />
              </span>{' '}
              {text}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function Process({ sample: { process } }: { readonly sample: LiveSample }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  return (
    <Card title={t.process}>
      <Facts
        facts={[
          [t.cpu, `${format.number(process.cpu_percent)} %`],
          [t.rss, format.bytes(process.rss_bytes)],
          [t.loop, format.span(process.loop_delay_ms)],
          [t.uptime, format.span(process.uptime_s * 1000)],
        ]}
      />
    </Card>
  );
}
