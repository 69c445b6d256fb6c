import { Button, Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Card } from '../../components/facts.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { type LetterFilter, redriveOf } from './letter-query.ts';
import { type LetterRun, NOT_BEGUN, percentOf } from './letter-run.ts';
import { OutcomeCounts } from './outcomes.tsx';
import { redriveAll } from './redrive-stream.ts';
import { lettersTexts } from './texts.ts';

interface Shown {
  readonly dryRun: boolean;
  readonly isRunning: boolean;
  readonly run: LetterRun;
  readonly error?: unknown;
}

/** Sends back all that the filter shows: first what would happen, then, once confirmed, for real. It can be stopped and gone on with. */
export function BulkRedrive({ filter }: { readonly filter: LetterFilter }) {
  const t = useTexts(lettersTexts);
  const queries = useQueryClient();
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const start = async (dryRun: boolean) => {
    const controller = new AbortController();
    stop.current = controller;
    const { signal } = controller;
    const change = (changes: Partial<Shown>) =>
      setShown((before) => ({ dryRun, isRunning: true, run: NOT_BEGUN, ...before, ...changes }));
    setShown({ dryRun, isRunning: true, run: NOT_BEGUN });
    try {
      await redriveAll(redriveOf(filter, dryRun), signal, (run) => change({ run }));
      change({ isRunning: false });
    } catch (error) {
      change({ isRunning: false, ...(!signal.aborted && { error }) });
    }
    if (!dryRun) await queries.invalidateQueries({ queryKey: ['letters'] });
  };
  const isRunning = shown?.isRunning === true;
  return (
    <Card title={t.bulk}>
      <div className="stack">
        <p className="muted">{t.bulkHint}</p>
        <div className="row">
          <Button variant="default" disabled={isRunning} onClick={() => void start(true)}>
            {t.preview}
          </Button>
          {shown !== undefined && (
            <ConfirmButton
              question={t.question}
              explanation={t.explanation}
              disabled={isRunning}
              onConfirm={() => void start(false)}
            >
              {t.redriveMany}
            </ConfirmButton>
          )}
          {isRunning && (
            <Button variant="default" onClick={() => stop.current?.abort()}>
              {t.stop}
            </Button>
          )}
        </div>
        {shown !== undefined && <Result shown={shown} />}
      </div>
    </Card>
  );
}

function Result({ shown: { dryRun, isRunning, run, error } }: { readonly shown: Shown }) {
  const t = useTexts(lettersTexts);
  const problem = typeof run.end === 'object' ? new ApiError(run.end.problem, 503) : error;
  const title = isRunning ? t.running(dryRun) : dryRun ? t.wouldHappen : t.happened;
  return (
    <>
      <Progress value={percentOf(run)} aria-label={t.passed(run.passed, run.total)} animated={isRunning} />
      {problem !== undefined && <ProblemAlert error={problem} />}
      <div role="status">
        <b>{title}</b> <span className="muted">{t.passed(run.passed, run.total)}</span>
        {(run.end === 'complete' || run.passed > 0) && (
          <OutcomeCounts counts={run.counts} comeBack={run.comeBack} />
        )}
        {!isRunning && run.end !== 'complete' && <p>{t.goOn}</p>}
      </div>
    </>
  );
}
