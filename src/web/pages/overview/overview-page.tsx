import { Badge, SegmentedControl } from '@mantine/core';
import { memo } from 'react';
import type { LiveNote, LiveSample } from '../../../client/schema.generated.ts';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { Card, Facts, Instant, PageTitle } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { LiveCharts } from '../../live/charts.tsx';
import { CHART_NAMES } from '../../live/figures.ts';
import { type LiveStore, useLive, useLiveState } from '../../live/live-store.ts';
import { Partitions } from './partitions.tsx';
import { overviewTexts } from './texts.ts';

interface LiveProps {
  readonly live: LiveStore;
}

/** The whole pipeline at a glance: now, and over the last minutes or the last hour. */
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

/** Each part follows only what it shows, so that a sample renders no more than it changes. */
const Parts = memo(function Parts({ live, seconds }: LiveProps & { readonly seconds: number }) {
  return (
    <>
      <LivePipe live={live} />
      <div className="charts">
        <LiveCharts live={live} seconds={seconds} charts={CHART_NAMES} />
      </div>
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

type Health = 'up' | 'down' | 'unknown';

/** The pipeline with its current rates. */
function Pipe({ sample }: { readonly sample: LiveSample }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const { topic, generator, consumer, lookups, engines } = sample;
  const rate = (value: number | undefined) =>
    value === undefined ? '—' : t.perSecond(format.number(value, value < 10 ? 1 : 0));
  const healthOf = (name: 'kafka' | 'postgresql' | 'redis'): Health =>
    engines.find((one) => one.name === name)?.status ?? 'unknown';
  const engine = (name: 'kafka' | 'postgresql' | 'redis') => {
    const health = healthOf(name);
    return health === 'unknown' ? '—' : t[health];
  };
  const asked = lookups.l1_per_s + lookups.redis_per_s + lookups.postgresql_per_s;
  return (
    <section className="pipe" aria-label={t.pipe}>
      <Node name={t.producer} state={generator === null ? t.off : t.states[generator.state]} />
      <Arrow text={rate(topic?.arrived_per_s)} flows={(topic?.arrived_per_s ?? 0) > 0} />
      <Node name="Kafka" state={engine('kafka')} health={healthOf('kafka')}>
        {topic !== null && t.lag(format.number(topic.lag), topic.pending > 0 && format.number(topic.pending))}
      </Node>
      <Arrow text={rate(topic?.stored_per_s)} flows={(topic?.stored_per_s ?? 0) > 0} />
      <Node name={t.consumer} state={consumer === null ? t.off : consumer.waiting ? t.waiting : t.storing}>
        {topic !== null && `${rate(topic.dead_lettered_per_s)} ${t.deadLetters}`}
      </Node>
      <Arrow text={rate(topic?.stored_per_s)} flows={(topic?.stored_per_s ?? 0) > 0} />
      <div className="pipe__stores">
        <Node name="PostgreSQL" state={engine('postgresql')} health={healthOf('postgresql')}>
          {`${rate(lookups.postgresql_per_s)} ${t.lookups}`}
        </Node>
        <Node name="Redis" state={engine('redis')} health={healthOf('redis')}>
          {`${rate(lookups.redis_per_s)} ${t.lookups}`}
        </Node>
      </div>
      <Arrow text={rate(asked)} flows={asked > 0} />
      <Node name={t.rest} state={`${rate(asked)} ${t.lookups}`}>
        {`${t.memory}: ${rate(lookups.l1_per_s)}`}
      </Node>
    </section>
  );
}

interface NodeProps {
  readonly name: string;
  readonly state: string;
  readonly health?: Health;
  readonly children?: string | false;
}

function Node({ name, state, health, children }: NodeProps) {
  return (
    <div className={`pipe__node${health === 'down' ? ' pipe__node--down' : ''}`}>
      <b>{name}</b>
      <span>{state}</span>
      {children && <small>{children}</small>}
    </div>
  );
}

function Arrow({ text, flows }: { readonly text: string; readonly flows: boolean }) {
  return (
    <div className={flows ? 'pipe__arrow pipe__arrow--flows' : 'pipe__arrow'}>
      <span>{text}</span>
      <i className="pipe__line" aria-hidden="true" />
    </div>
  );
}

const MOST_SHOWN = 12;

/** The events, newest first. */
export function Notes({ live }: { readonly live: LiveStore }) {
  const t = useTexts(overviewTexts);
  const notes = useLiveState(live, (state) => state.notes);
  return (
    <Card title={t.notes}>
      {notes.length === 0 ? (
        <p className="muted">{t.noNotes}</p>
      ) : (
        <ol className="notes">
          {notes.slice(0, MOST_SHOWN).map((note) => (
            <li key={`${note.at} ${note.kind} ${note.text}`}>
              <span className="muted">
                <Instant at={note.at} timeOnly />
              </span>{' '}
              <Text note={note} />
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** A note in the reader's language; if this console does not know its kind, as the server words it. */
function Text({ note }: { readonly note: LiveNote }) {
  const t = useTexts(overviewTexts);
  const format = useFormat();
  const { kind, text, engine = '', rate = 0, count = 0, partitions = [] } = note;
  if (!Object.hasOwn(t.noteTexts, kind)) return text;
  return t.noteTexts[kind]({
    engine: t.engines[engine] ?? engine,
    rate: format.number(rate, 1),
    count,
    partitions: partitions.join(', '),
  });
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
