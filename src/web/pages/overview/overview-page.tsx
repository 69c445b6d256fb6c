import { Button, SegmentedControl } from '@mantine/core';
import { type ComponentType, lazy, memo, Suspense } from 'react';
import type { LiveNote } from '../../../client/schema.generated.ts';
import { Link, setQuery, usePlace } from '../../app/navigation.tsx';
import { useKept } from '../../components/kept.ts';
import { Card, Facts, Instant, PageTitle, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { LiveCharts } from '../../live/charts.tsx';
import { CHART_NAMES } from '../../live/figures.ts';
import { type LiveStore, useLive, useLiveState } from '../../live/live-store.ts';
import { useNoteText } from '../../live/notes.ts';
import { PartitionLag, Partitions } from './partitions.tsx';
import { Pipe } from './pipe.tsx';
import { overviewTexts } from './texts.ts';
import type { TourProps } from './tour.tsx';
import { progressOf } from './tour-steps.ts';

const Tour = lazy(async (): Promise<{ default: ComponentType<TourProps> }> => {
  const loaded = await import('./tour.tsx').catch(() => undefined);
  return { default: loaded?.Tour ?? (() => null) };
});

interface LiveProps {
  readonly live: LiveStore;
}

/** The whole pipeline at a glance: now, and over the last minutes or the last hour. */
export function OverviewPage() {
  const t = useTexts(overviewTexts);
  const live = useLive();
  const { query } = usePlace();
  const span = spanOf(query.get('window'));
  const [kept, keep] = useKept('tour', { forGood: true });
  const tour = progressOf(kept);
  const known = useLiveState(live, ({ latest }) => latest !== undefined);
  const error = useLiveState(live, (state) => state.error);
  return (
    <>
      <PageTitle title={t.title}>
        <State live={live} />
        {!tour.isOpen && (
          <Button size="compact-sm" variant="subtle" onClick={() => keep(JSON.stringify({ ...tour, isOpen: true }))}>
            {t.tour}
          </Button>
        )}
        <SegmentedControl
          className="page-title__end"
          size="xs"
          aria-label={t.window}
          value={span.name}
          onChange={(name) => setQuery({ window: name === WINDOWS[0].name ? undefined : name })}
          data={WINDOWS.map(({ name }) => ({ value: name, label: t.windows[name] }))}
        />
      </PageTitle>
      <p className="overview__lead">{t.lead}</p>
      {error !== undefined && <ProblemAlert error={error} retries />}
      {tour.isOpen && (
        <Suspense fallback={<div className="card tour" />}>
          <Tour live={live} progress={tour} onProgress={(next) => keep(JSON.stringify(next))} />
        </Suspense>
      )}
      {!known && error === undefined && <Skeleton rows={20} />}
      {known && <Parts live={live} seconds={span.seconds} />}
    </>
  );
}

/** Each part follows only what it shows, so that a sample renders no more than it changes. */
const Parts = memo(function Parts({ live, seconds }: LiveProps & { readonly seconds: number }) {
  const t = useTexts(overviewTexts);
  return (
    <>
      <Pipe live={live} />
      <div className="overview__grid">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, and must be reachable by keyboard. */}
        <section className="charts" aria-label={t.charts} tabIndex={0}>
          <LiveCharts live={live} seconds={seconds} charts={CHART_NAMES} />
          <PartitionLag live={live} seconds={seconds} />
        </section>
        <Partitions live={live} />
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
  return (
    <StateBadge color={state === 'live' ? 'green' : 'gray'} failing={state === 'stale'}>
      {state === 'connecting' ? t.connecting : t.live}
    </StateBadge>
  );
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
          [t.cpu, format.percent(process.cpu_percent, 0)],
          [t.rss, format.bytes(process.rss_bytes)],
          [t.loop, format.span(process.loop_delay_ms)],
          [t.uptime, format.span(process.uptime_s * 1000)],
        ]}
      />
    </Card>
  );
}

const MOST_SHOWN = 12;

/** The page that has more of it. */
const NOTE_PLACES: Readonly<Record<LiveNote['kind'], string>> = {
  engine_down: '/chaos',
  engine_up: '/chaos',
  generator_started: '/generator',
  generator_stopped: '/generator',
  dead_letters: '/dead-letters',
  partitions_assigned: '/messages',
  storing_waits: '/chaos',
  storing_goes_on: '/chaos',
  client_replaced: '/messages',
  messages_lost: '/proof',
  stale_answers: '/readers',
  engine_action: '/chaos',
  rate_changed: '/generator',
  redriven: '/dead-letters',
};

/** The events, newest first. */
export function Notes({ live }: { readonly live: LiveStore }) {
  const t = useTexts(overviewTexts);
  const notes = useLiveState(live, (state) => state.notes);
  const textOf = useNoteText();
  return (
    <Card title={t.notes} className="overview__notes">
      {notes.length === 0 ? (
        <p className="muted">{t.noNotes}</p>
      ) : (
        <ol className="notes">
          {notes.slice(0, MOST_SHOWN).map((note) => (
            <li key={`${note.at} ${note.kind} ${note.text}`}>
              <span className="muted">
                <Instant at={note.at} timeOnly />
              </span>{' '}
              <Link className="quiet" href={NOTE_PLACES[note.kind]}>
                {textOf(note)}
              </Link>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** The spans the charts can show, by their names in the address; the first one is the default. */
const WINDOWS = [
  { name: '5m', seconds: 300 },
  { name: '15m', seconds: 900 },
  { name: '1h', seconds: 3_600 },
] as const;

/** The span the address names. */
export function spanOf(name: string | null): (typeof WINDOWS)[number] {
  return WINDOWS.find((one) => one.name === name) ?? WINDOWS[0];
}
