import { NumberInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Engine } from '../../../../client/schema.generated.ts';
import { enginesQuery } from '../../../api/roles.ts';
import { Link, setQuery, usePlace } from '../../../app/navigation.tsx';
import { ConfirmButton } from '../../../components/dialog.tsx';
import { Card, Instant, PageTitle, Skeleton } from '../../../components/page.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../../i18n/language.ts';
import { LiveCharts } from '../../../live/charts.tsx';
import { type LiveStore, useLive, useLiveState, usePoints } from '../../../live/live-store.ts';
import { useNoteText } from '../../../live/notes.ts';
import { anyRunning } from './deeds.ts';
import { EngineCard } from './engine-card.tsx';
import { recoveriesOf } from './recovery.ts';
import { settleDeeds, useDeeds, useSteering } from './steering.ts';
import { chaosTexts } from './texts.ts';

/** The chaos panel as a page. */
export function ChaosPage() {
  const t = useTexts(chaosTexts);
  return (
    <>
      <PageTitle title={t.title} />
      <ChaosPanel>
        <Link href="/proof">{t.verify}</Link>
      </ChaosPanel>
    </>
  );
}

const DEFAULT_PAUSE_S = 10;
const LONGEST_PAUSE_S = 60;

/** Stops and starts engines, and shows the effect on the pipeline; `children` are shown at the top. */
function ChaosPanel({ children }: { readonly children?: ReactNode }) {
  const t = useTexts(chaosTexts);
  const { query } = usePlace();
  const seconds = secondsOf(query.get('pause'));
  const { data, error } = useQuery(enginesQuery(1_000));
  const engines = data?.engines;
  useEffect(() => settleDeeds(engines ?? []), [engines]);
  const steerable = engines?.some(({ obstacle }) => obstacle === null);
  return (
    <>
      <p className="muted">{t.lead}</p>
      {(children !== undefined || steerable === true) && (
        <div className="chaos__head">
          {steerable === true && <PauseLength seconds={seconds} />}
          {steerable === true && <RandomKill engines={engines ?? []} />}
          {children}
        </div>
      )}
      {error !== null && <ProblemAlert error={error} retries />}
      {steerable === false && <p>{t.noneSteerable}</p>}
      {engines === undefined && error === null && <Skeleton rows={8} />}
      <div className="chaos__three">
        {engines?.map((engine) => (
          <EngineCard key={engine.name} engine={engine} seconds={seconds} />
        ))}
      </div>
      <LiveStrip />
      {steerable === true && <Log />}
    </>
  );
}

/** The field keeps what is typed; the address gets the valid length. */
function PauseLength({ seconds }: { readonly seconds: number }) {
  const t = useTexts(chaosTexts);
  const [typed, setTyped] = useState<string | number>(seconds);
  return (
    <NumberInput
      label={t.pauseFor}
      size="xs"
      min={1}
      max={LONGEST_PAUSE_S}
      allowDecimal={false}
      value={typed}
      onChange={(value) => {
        setTyped(value);
        const wanted = secondsOf(String(value));
        setQuery({ pause: wanted === DEFAULT_PAUSE_S ? undefined : String(wanted) });
      }}
    />
  );
}

function RandomKill({ engines }: { readonly engines: readonly Engine[] }) {
  const t = useTexts(chaosTexts);
  const steering = useSteering();
  const kill = () => {
    const engine = anyRunning(engines, Math.random());
    if (engine !== undefined) steering.mutate({ engine, action: 'kill', seconds: DEFAULT_PAUSE_S });
  };
  return (
    <>
      <ConfirmButton
        size="xs"
        disabled={anyRunning(engines, 0) === undefined || steering.isPending}
        question={t.randomQuestion}
        explanation={t.randomHint}
        onConfirm={kill}
      >
        {t.random}
      </ConfirmButton>
      {steering.error !== null && <ProblemAlert error={steering.error} />}
    </>
  );
}

function Log() {
  const t = useTexts(chaosTexts);
  const format = useFormat();
  const deeds = useDeeds();
  const outcomes = { asked: t.underWay, 'under way': t.underWay, failed: t.didFail, refused: t.refused };
  return (
    <Card title={t.log}>
      {deeds.length === 0 ? (
        <p className="muted">{t.noLog}</p>
      ) : (
        <ol className="notes">
          {deeds.map(({ id, at, action, title, outcome, tookMs = 0 }) => (
            <li key={id}>
              <span className="muted">
                <Instant at={at} timeOnly />
              </span>{' '}
              {t.actions[action]} {title}: {outcome === 'done' ? t.doneIn(format.span(tookMs)) : outcomes[outcome]}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function secondsOf(text: string | null): number {
  const seconds = Number(text);
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_PAUSE_S ? seconds : DEFAULT_PAUSE_S;
}

const RECOVERIES_S = 600;
const MOST_RECOVERIES = 4;

/** What became of storing after each outage of the last minutes. */
function Recoveries({ live }: { readonly live: LiveStore }) {
  const t = useTexts(chaosTexts);
  const format = useFormat();
  const textOf = useNoteText();
  const notes = useLiveState(live, (state) => state.notes);
  const shown = usePoints(live, RECOVERIES_S);
  const recoveries = useMemo(
    () => recoveriesOf(notes, { at: shown.at, stored: shown.line('stored'), lag: shown.line('lag') }),
    [notes, shown],
  );
  if (recoveries.length === 0) return undefined;
  return (
    <Card title={t.recoveries}>
      <ol className="notes" aria-live="polite">
        {recoveries.slice(0, MOST_RECOVERIES).map(({ note, state, ms }) => (
          <li key={note.at}>
            <span className="muted">
              <Instant at={note.at} timeOnly /> {textOf(note)}:
            </span>{' '}
            <b className={`recovery--${state}`}>{t.recovery[state](format.span(ms))}</b>
          </li>
        ))}
      </ol>
    </Card>
  );
}

const WINDOW_S = 120;
const LINES = { produced: 1, stored: 2, lag: 3, p99: 4 } as const;

/** The last two minutes of the pipeline: what is produced and stored, the lag, and how long an order takes. */
function LiveStrip() {
  const live = useLive();
  const error = useLiveState(live, (state) => state.error);
  if (error !== undefined) return <ProblemAlert error={error} retries />;
  return (
    <>
      <Recoveries live={live} />
      <div className="chaos__three">
        <LiveCharts live={live} seconds={WINDOW_S} charts={['flow', 'lag', 'readable']} lines={LINES} />
      </div>
    </>
  );
}
