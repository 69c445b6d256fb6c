import { Badge, SegmentedControl } from '@mantine/core';
import { memo } from 'react';
import { setQuery, usePlace } from '../../app/navigation.ts';
import { Card, Facts } from '../../components/facts.tsx';
import { PageTitle } from '../../components/page-title.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import type { LiveStore } from '../../live/live-store.ts';
import { useLive, useLiveState } from '../../live/use-live.ts';
import { Charts } from './charts.tsx';
import { Notes } from './notes.tsx';
import { Partitions } from './partitions.tsx';
import { Pipe } from './pipe.tsx';
import { overviewTexts } from './texts.ts';
import { spanOf, WINDOWS } from './window.ts';

interface LiveProps {
  readonly live: LiveStore;
}

/** The whole pipe at a glance: as it is, and over the last minutes, or the last hour. */
export function OverviewPage() {
  const t = useTexts(overviewTexts);
  const live = useLive();
  const { query } = usePlace();
  const span = spanOf(query.get('window'));
  const known = useLiveState(live, ({ latest }) => latest !== undefined);
  const error = useLiveState(live, (state) => state.error);
  return (
    <>
      <PageTitle title={t.title}>
        <State live={live} />
        <SegmentedControl
          className="page-title__end"
          size="xs"
          aria-label={t.window}
          value={span.name}
          onChange={(name) => setQuery({ window: name === WINDOWS[0].name ? undefined : name })}
          data={WINDOWS.map(({ name }) => ({ value: name, label: t.windows[name] }))}
        />
      </PageTitle>
      {error !== undefined && <ProblemAlert error={error} retries />}
      {known && <Parts live={live} seconds={span.seconds} />}
    </>
  );
}

/** Each follows for itself what it shows: a sample draws no more than what it changes. */
const Parts = memo(function Parts({ live, seconds }: LiveProps & { readonly seconds: number }) {
  return (
    <>
      <LivePipe live={live} />
      <Charts live={live} seconds={seconds} />
      <div className="cards">
        <Partitions live={live} seconds={seconds} />
        <Notes live={live} />
      </div>
      <Process live={live} />
    </>
  );
});

function State({ live }: LiveProps) {
  const t = useTexts(overviewTexts);
  const state = useLiveState(live, ({ stale, error, latest }) =>
    stale || error !== undefined ? 'stale' : latest === undefined ? 'connecting' : 'live',
  );
  const colours = { stale: 'orange', connecting: 'gray', live: 'green' } as const;
  return (
    <Badge variant="light" color={colours[state]}>
      {t[state]}
    </Badge>
  );
}

function LivePipe({ live }: LiveProps) {
  const sample = useLiveState(live, ({ latest }) => latest);
  return sample && <Pipe sample={sample} />;
}

function Process({ live }: LiveProps) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const process = useLiveState(live, ({ latest }) => latest?.process);
  if (process === undefined) return null;
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
