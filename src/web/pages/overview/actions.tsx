import { ActionIcon, Button } from '@mantine/core';
import { IconMinus, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Engine } from '../../../client/schema.generated.ts';
import { useAction } from '../../api/queries.ts';
import { enginesQuery, generatorRole, readersRole } from '../../api/roles.ts';
import { Link } from '../../app/navigation.tsx';
import { ConfirmButton } from '../../components/dialog.tsx';
import { useProblem } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { nextRate } from '../generator/draft.ts';
import { PRESETS } from '../generator/presets.ts';
import { Expected } from '../proof/chaos/engine-card.tsx';
import { useSteering } from '../proof/chaos/steering.ts';
import { chaosTexts } from '../proof/chaos/texts.ts';
import { actionTexts } from './action-texts.ts';

const EVERY_MS = 3_000;

export interface PipeActionsProps {
  readonly of: 'generator' | 'readers' | Engine['name'];
}

/** What can be done to a part of the pipe, where it is shown. */
export function PipeActions({ of }: PipeActionsProps) {
  return (
    <div className="pipe__actions">
      {of === 'generator' ? <LoadActions /> : of === 'readers' ? <ReaderActions /> : <EngineActions name={of} />}
    </div>
  );
}

/** In per cent of the orders: what no consumer can store. */
const FAULTS = Object.fromEntries(
  Object.entries(PRESETS.poison.faults ?? {}).map(([name, percent]) => [name, Number(percent)]),
);

function LoadActions() {
  const t = useTexts(actionTexts);
  const format = useFormat();
  const { data: generator } = useQuery(generatorRole.query(EVERY_MS));
  const changes = ['generator'];
  const start = useAction(() => generatorRole.start({}), { said: () => t.started, changes });
  const change = useAction(generatorRole.change, {
    said: ({ rate, faults }) => {
      const total = sumOf(faults);
      return t.load(format.number(rate, 1), total === 0 ? undefined : format.percent(total));
    },
    changes,
  });
  if (generator === undefined) return null;
  const { rate, faults, state } = generator;
  const total = sumOf(faults);
  const [slower, faster] = [nextRate(rate, false), nextRate(rate, true)];
  if (state !== 'running')
    return (
      <>
        <Button size="compact-xs" loading={start.isPending || state === 'stopping'} onClick={() => start.mutate()}>
          {t.start}
        </Button>
        <Failure error={start.error} />
      </>
    );
  return (
    <>
      <Speed label={t.slower(format.number(slower, 1))} onClick={() => change.mutate({ rate: slower })}>
        <IconMinus size={14} aria-hidden />
      </Speed>
      <Speed label={t.faster(format.number(faster, 1))} onClick={() => change.mutate({ rate: faster })}>
        <IconPlus size={14} aria-hidden />
      </Speed>
      <Button
        size="compact-xs"
        variant="default"
        title={total > 0 ? t.noFaultsHint : t.faultsHint}
        onClick={() => change.mutate({ faults: total > 0 ? {} : FAULTS })}
      >
        {total > 0 ? t.noFaults : t.faults}
      </Button>
      <Failure error={change.error} />
    </>
  );
}

interface SpeedProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Speed({ label, onClick, children }: SpeedProps) {
  return (
    <ActionIcon size={26} variant="default" aria-label={label} title={label} onClick={onClick}>
      {children}
    </ActionIcon>
  );
}

function sumOf(faults: Readonly<Record<string, number>>): number {
  return Object.values(faults).reduce((sum, percent) => sum + percent, 0);
}

function ReaderActions() {
  const t = useTexts(actionTexts);
  const { data: readers } = useQuery(readersRole.query(EVERY_MS));
  const runs = readers?.state === 'running';
  const turn = useAction(() => (runs ? readersRole.stop() : readersRole.start({})), {
    said: ({ state }) => (state === 'running' ? t.readersOn : t.readersOff),
    changes: ['readers'],
  });
  if (readers === undefined) return null;
  return (
    <>
      <Button size="compact-xs" variant="default" loading={turn.isPending} onClick={() => turn.mutate()}>
        {runs ? t.stopReaders : t.startReaders}
      </Button>
      <Failure error={turn.error} />
    </>
  );
}

/** Only of an engine that this service has started. */
function EngineActions({ name }: { readonly name: Engine['name'] }) {
  const t = useTexts(chaosTexts);
  const { data } = useQuery(enginesQuery(EVERY_MS));
  const steering = useSteering();
  const engine = data?.engines.find((one) => one.name === name);
  if (engine === undefined || engine.obstacle !== null) return null;
  const act = (action: 'kill' | 'start' | 'resume') => steering.mutate({ engine, action, seconds: 0 });
  const { title, state } = engine;
  const heal = state === 'stopped' ? 'start' : state === 'paused' ? 'resume' : undefined;
  const waits = steering.isPending || (state !== 'running' && heal === undefined);
  return (
    <>
      {heal === undefined ? (
        <ConfirmButton
          size="compact-xs"
          loading={waits}
          aria-label={`${t.actions.kill} ${title}`}
          question={t.questions.kill(title)}
          explanation={
            <>
              <p>{t.hints.kill}</p>
              <Expected engine={name} />
            </>
          }
          onConfirm={() => act('kill')}
        >
          {t.actions.kill}
        </ConfirmButton>
      ) : (
        <Button size="compact-xs" loading={waits} aria-label={`${t.actions[heal]} ${title}`} onClick={() => act(heal)}>
          {t.actions[heal]}
        </Button>
      )}
      <Failure error={steering.error} href="/chaos" />
    </>
  );
}

/** Short: there is little room, and the page it leads to has all of it. */
function Failure({ error, href }: { readonly error: unknown; readonly href?: string }) {
  const { title } = useProblem(error);
  if (error === null) return null;
  return (
    <small className="bad" role="alert">
      {href === undefined ? title : <Link href={href}>{title}</Link>}
    </small>
  );
}
