import { Button, Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { RedriveAnswer } from '../../../client/schema.generated.ts';
import { ApiError } from '../../api/client.ts';
import { postForLines } from '../../api/streams.ts';
import { ConfirmButton } from '../../components/dialog.tsx';
import { Card } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { type LetterQuery, redriveOf } from './letter-query.ts';
import { type LetterRun, NOT_BEGUN, percentOf, withLine } from './letter-run.ts';
import { lettersTexts, outcomeTexts } from './texts.ts';

interface Shown {
  readonly dryRun: boolean;
  readonly isRunning: boolean;
  readonly run: LetterRun;
  readonly error?: unknown;
}

/**
 * Sends back all letters the filter shows: first as a preview, then, once confirmed, for real. It can be stopped and
 * continued.
 */
export function BulkRedrive({ filter }: { readonly filter: LetterQuery }) {
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
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(redriveOf(filter, dryRun));
      const fold = { start: NOT_BEGUN, withLine, tell: (run: LetterRun) => change({ run }) };
      // When aborted, the server stops after the current part.
      await postForLines('/api/v1/dead-letters/redrive.ndjson', { headers, body, signal }, fold);
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
        {(run.end === 'complete' || run.passed > 0) && <OutcomeCounts counts={run.counts} comeBack={run.comeBack} />}
        {!isRunning && run.end !== 'complete' && <p>{t.goOn}</p>}
      </div>
    </>
  );
}

/** The outcome for one letter, or the outcome it would have. */
export function OneOutcome({ answer }: { readonly answer: RedriveAnswer }) {
  const t = useTexts(outcomeTexts);
  const [first] = answer.outcomes;
  if (first === undefined) return <p role="status">{t.missing}</p>;
  const { outcome, detail, check } = first;
  return (
    <div role="status">
      <p>
        {t.outcomes[outcome] ?? outcome}
        {detail !== '' && `: ${detail}`}
      </p>
      {check !== undefined && (
        <p className={check.accepted ? 'good' : 'bad'}>
          {check.accepted ? t.wouldBeStored(check.order_uid ?? '') : t.wouldComeBack(check.reason ?? '')}
        </p>
      )}
    </div>
  );
}

interface CountsProps {
  readonly counts: Readonly<Record<string, number>>;
  /** In a dry run: letters that would be rejected again, by reason. */
  readonly comeBack?: Readonly<Record<string, number>>;
}

/** Letters by outcome. */
function OutcomeCounts({ counts, comeBack = {} }: CountsProps) {
  const t = useTexts(outcomeTexts);
  const outcomes = Object.entries(counts).filter(([, count]) => count > 0);
  const bad = Object.entries(comeBack);
  if (outcomes.length === 0) return <p>{t.nothing}</p>;
  return (
    <ul className="violations">
      {outcomes.map(([outcome, count]) => (
        <li key={outcome}>
          {t.outcomes[outcome] ?? outcome}: <b>{count}</b>
        </li>
      ))}
      {bad.map(([reason, count]) => (
        <li key={`bad ${reason}`}>
          {t.wouldComeBack(reason)}: <b>{count}</b>
        </li>
      ))}
    </ul>
  );
}
