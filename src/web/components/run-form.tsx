import { Button } from '@mantine/core';
import { type FormEvent, type ReactNode, useRef } from 'react';
import { useAction } from '../api/queries.ts';
import { PageTitle } from './page.tsx';
import { ProblemAlert } from './problem-alert.tsx';
import { StateBadge } from './state-badge.tsx';

type RunState = 'stopped' | 'running' | 'stopping';

interface RunHeadProps {
  readonly texts: { readonly title: string; readonly states: Readonly<Record<RunState, string>> };
  /** Undefined until it is known. */
  readonly state: RunState | undefined;
  readonly error: unknown;
}

/** The head of a page about something that runs: its name, its state, and why that can't be told. */
export function RunHead({ texts, state, error }: RunHeadProps) {
  return (
    <>
      <PageTitle title={texts.title}>
        {state !== undefined && (
          <StateBadge color={state === 'running' ? 'green' : 'gray'} failing={error !== null}>
            {texts.states[state]}
          </StateBadge>
        )}
      </PageTitle>
      {error !== null && <ProblemAlert error={error} retries />}
    </>
  );
}

interface RunFormProps<C> {
  readonly state: RunState;
  /** What was typed means this; it is sent only while it `isValid`. */
  readonly change: C;
  readonly isValid: boolean;
  readonly isTyped: boolean;
  /** Forgets what was typed. */
  readonly clear: () => void;
  readonly start: (change: C) => Promise<unknown>;
  readonly apply: (change: C) => Promise<unknown>;
  readonly stop: () => Promise<unknown>;
  /** Keys of the queries that it changes. */
  readonly changes: readonly string[];
  readonly texts: Readonly<
    Record<'start' | 'apply' | 'stop' | 'discard' | 'started' | 'applied' | 'stopped', string> & { notApplied?: string }
  >;
  readonly children: ReactNode;
}

/** The settings of something that runs until it is stopped: start it, change it while it runs, stop it. */
export function RunForm<C>({ state, change, isValid, isTyped, clear, texts: t, changes, ...props }: RunFormProps<C>) {
  const form = useRef<HTMLFormElement>(null);
  const start = useAction((body: C) => props.start(body).then(clear), { said: () => t.started, changes });
  const apply = useAction((body: C) => props.apply(body).then(clear), { said: () => t.applied, changes });
  const stop = useAction(props.stop, { said: () => t.stopped, changes });
  const runs = state === 'running';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isValid) (runs ? apply : start).mutate(change);
    else form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  };
  const error = start.error ?? apply.error ?? stop.error;
  return (
    <form className="stack" onSubmit={submit} ref={form}>
      {props.children}
      {error !== null && <ProblemAlert error={error} />}
      <div className="row">
        <Button type="submit" loading={start.isPending || apply.isPending}>
          {runs ? t.apply : t.start}
        </Button>
        {state !== 'stopped' && (
          <Button variant="outline" color="red" loading={stop.isPending} onClick={() => stop.mutate()}>
            {t.stop}
          </Button>
        )}
        {isTyped && (
          <>
            <Button variant="subtle" onClick={clear}>
              {t.discard}
            </Button>
            {t.notApplied !== undefined && <span className="muted">{t.notApplied}</span>}
          </>
        )}
      </div>
    </form>
  );
}
