import { Alert, Button } from '@mantine/core';
import type { Engine, EngineAction } from '../../../../client/schema.generated.ts';
import { ApiError } from '../../../api/client.ts';
import { ConfirmButton } from '../../../components/dialog.tsx';
import { Card, Facts } from '../../../components/page.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { StateBadge } from '../../../components/state-badge.tsx';
import { useFormat, useTexts } from '../../../i18n/language.ts';
import { useSteering } from './steering.ts';
import { chaosTexts } from './texts.ts';

type Action = EngineAction['action'];
type Dangerous = Exclude<Action, 'start' | 'resume'>;

/** The actions possible in each state. */
const ACTIONS: Readonly<Record<Engine['state'], readonly Action[]>> = {
  running: ['stop', 'kill', 'restart', 'pause'],
  paused: ['resume', 'stop', 'kill'],
  stopped: ['start'],
  starting: [],
  stopping: [],
  restarting: [],
  unreachable: [],
};

const COLOURS: Readonly<Record<Engine['state'], string>> = {
  running: 'green',
  paused: 'orange',
  stopped: 'gray',
  starting: 'blue',
  stopping: 'orange',
  restarting: 'blue',
  unreachable: 'orange',
};

interface EngineCardProps {
  readonly engine: Engine;
  /** The length of a pause. */
  readonly seconds: number;
}

/** One engine: its state, and what can be done to it. */
export function EngineCard({ engine, seconds }: EngineCardProps) {
  const t = useTexts(chaosTexts);
  const format = useFormat();
  const { title, state, answers, address, version, pid, obstacle, resumes_at: resumesAt } = engine;
  const silent = state === 'running' && !answers;
  const left = resumesAt === null ? undefined : Math.max(0, Math.ceil((Date.parse(resumesAt) - Date.now()) / 1000));
  return (
    <Card
      title={
        <span className="row">
          {title}
          <StateBadge color={silent ? 'orange' : COLOURS[state]}>{silent ? t.silent : t.states[state]}</StateBadge>
        </span>
      }
    >
      <div className="stack">
        <Facts
          facts={[
            [t.address, <code key="address">{address}</code>],
            [t.version, version],
            [t.pid, pid],
            [t.resumes, left === undefined ? undefined : t.seconds(format.number(left))],
          ]}
        />
        {obstacle === null ? (
          <>
            <Steering engine={engine} seconds={seconds} />
            {state === 'stopped' && <p className="muted">{t.whenStarted}</p>}
          </>
        ) : (
          <p className="muted">{t.obstacles[obstacle]}</p>
        )}
      </div>
    </Card>
  );
}

function Steering({ engine, seconds }: EngineCardProps) {
  const t = useTexts(chaosTexts);
  const steering = useSteering();
  const { last_action: last, state } = engine;
  const act = (action: Action) => steering.mutate({ engine, action, seconds });
  // The engine itself reports a failure, even after this page was left.
  const refused = steering.error instanceof ApiError && steering.error.kind === 'engine-failed' ? null : steering.error;
  return (
    <>
      <div className="row">
        {ACTIONS[state].map((action) =>
          isDangerous(action) ? (
            <DangerButton
              key={action}
              engine={engine}
              action={action}
              seconds={seconds}
              disabled={steering.isPending}
              onConfirm={() => act(action)}
            />
          ) : (
            <Button
              key={action}
              size="xs"
              loading={steering.isPending}
              aria-label={`${t.actions[action]} ${engine.title}`}
              onClick={() => act(action)}
            >
              {t.actions[action]}
            </Button>
          ),
        )}
      </div>
      {refused !== null && <ProblemAlert error={refused} />}
      {last !== null && last.error !== null && (
        <Alert color="red" variant="light" title={t.failed(t.actions[last.action])}>
          <pre className="chaos__reason">{last.error}</pre>
        </Alert>
      )}
    </>
  );
}

interface DangerButtonProps extends EngineCardProps {
  readonly action: Dangerous;
  readonly disabled: boolean;
  readonly onConfirm: () => void;
}

function DangerButton({ engine: { name, title }, action, seconds, disabled, onConfirm }: DangerButtonProps) {
  const t = useTexts(chaosTexts);
  const format = useFormat();
  return (
    <ConfirmButton
      size="xs"
      disabled={disabled}
      aria-label={`${t.actions[action]} ${title}`}
      question={t.questions[action](title)}
      color={action === 'kill' ? 'red' : 'blue'}
      explanation={
        <>
          <p>{action === 'pause' ? t.hints.pause(t.seconds(format.number(seconds))) : t.hints[action]}</p>
          <Expected engine={name} />
        </>
      }
      onConfirm={onConfirm}
    >
      {t.actions[action]}
    </ConfirmButton>
  );
}

/** What to expect while an engine is away. */
export function Expected({ engine }: { readonly engine: Engine['name'] }) {
  const t = useTexts(chaosTexts);
  const { stalls, lasts, safe } = t.expected[engine];
  return (
    <Facts
      facts={[
        [t.stalls, stalls],
        [t.lasts, lasts],
        [t.safe, safe],
      ]}
    />
  );
}

function isDangerous(action: Action): action is Dangerous {
  return action !== 'start' && action !== 'resume';
}
