import { Button, CloseButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Verification } from '../../../client/schema.generated.ts';
import { useAction } from '../../api/queries.ts';
import { enginesQuery, startVerification, verificationsQuery } from '../../api/roles.ts';
import { Link } from '../../app/navigation.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { type LiveStore, useLiveState } from '../../live/live-store.ts';
import { pipeStateOf } from './pipe-state.ts';
import { happenedAt, stepsOf, type TourProgress, type TourStep } from './tour-steps.ts';
import { tourTexts } from './tour-texts.ts';

export interface TourProps {
  readonly live: LiveStore;
  readonly progress: TourProgress;
  readonly onProgress: (progress: TourProgress) => void;
}

const ENGINES_MS = 5_000;

/** The first two minutes: what to do, step by step. A step is done when the service shows that it has happened. */
export function Tour({ live, progress, onProgress }: TourProps) {
  const t = useTexts(tourTexts);
  const engines = useQuery(enginesQuery(ENGINES_MS));
  const ownsKafka = engines.data?.engines.some(({ name, obstacle }) => name === 'kafka' && obstacle === null) === true;
  const steps = stepsOf(ownsKafka);
  const { done, since } = progress;
  const step = since === undefined ? undefined : steps.find((one) => !done.includes(one));
  const { data } = useQuery({ ...verificationsQuery, enabled: step === 'prove' });
  const latest = useLiveState(live, (state) => state.latest);
  const notes = useLiveState(live, (state) => state.notes);
  const verifications = data?.verifications ?? [];
  const happened =
    step === undefined || since === undefined || latest === undefined || engines.data === undefined
      ? undefined
      : happenedAt(step, since, { latest, notes, verifications });
  useEffect(() => {
    if (step !== undefined && happened !== undefined)
      onProgress({ ...progress, done: [...done, step], since: happened });
  });
  const begin = () => {
    if (latest !== undefined) onProgress({ isOpen: true, done: [], since: Date.parse(latest.at) });
  };
  const close = () => onProgress({ ...progress, isOpen: false });
  const isDone = since !== undefined && step === undefined;
  return (
    <section className="card tour" aria-label={t.title}>
      <div className={since === undefined || isDone ? 'tour__head tour__head--wraps' : 'tour__head'}>
        <div>
          <h2 className="card__title">{isDone ? t.over : t.title}</h2>
          <p className="muted">
            {isDone ? t.overHint : since === undefined && t.hint} {engines.data !== undefined && !ownsKafka && t.noKill}
          </p>
        </div>
        {since === undefined || isDone ? (
          <div className="row">
            <Button size="xs" onClick={begin}>
              {isDone ? t.again : t.begin}
            </Button>
            <Button size="xs" variant="default" onClick={close}>
              {isDone ? t.close : t.notNow}
            </Button>
          </div>
        ) : (
          <CloseButton aria-label={t.leave} title={t.leave} onClick={close} />
        )}
      </div>
      <ol className="tour__steps">
        {steps.map((one, place) => (
          <li
            key={one}
            className={done.includes(one) ? 'tour__step tour__step--done' : 'tour__step'}
            aria-current={one === step ? 'step' : undefined}
          >
            <strong>
              {place + 1}. {done.includes(one) && <IconCheck size={16} role="img" aria-label={t.done} />} {t.steps[one]}
            </strong>
            {one === step && <Hint live={live} step={step} proof={newest(verifications, since)} />}
          </li>
        ))}
      </ol>
    </section>
  );
}

function newest(verifications: readonly Verification[], since = 0): Verification | undefined {
  return verifications.find(({ started_at }) => Date.parse(started_at) >= since);
}

interface HintProps {
  readonly live: LiveStore;
  readonly step: TourStep;
  /** The one that began last in this step. */
  readonly proof: Verification | undefined;
}

/** What to do now, or what one sees. */
function Hint({ live, step, proof }: HintProps) {
  const t = useTexts(tourTexts);
  const state = useLiveState(live, ({ latest }) => latest && pipeStateOf(latest));
  if (step === 'prove') return <Proving proof={proof} />;
  const text = {
    flow: state === 'idle' ? t.flowIdle : t.flow,
    kill: t.kill,
    recover: state === 'kafka_down' ? t.start : t.recovers,
  }[step];
  return <p>{text}</p>;
}

function Proving({ proof }: Pick<HintProps, 'proof'>) {
  const t = useTexts(tourTexts);
  const format = useFormat();
  const start = useAction(startVerification, { changes: ['verifications'] });
  if (proof?.state === 'running') {
    const { done, total } = proof.progress;
    return <p role="status">{t.checking(format.number(done), total === null ? '…' : format.number(total))}</p>;
  }
  return (
    <>
      <p>
        {proof === undefined ? (
          t.prove
        ) : (
          <Link className="bad" href={`/proof?run=${proof.id}`}>
            {t.notProven}
          </Link>
        )}
      </p>
      <Button size="xs" loading={start.isPending} onClick={() => start.mutate()}>
        {t.proveNow}
      </Button>
      {start.error !== null && <ProblemAlert error={start.error} />}
    </>
  );
}
