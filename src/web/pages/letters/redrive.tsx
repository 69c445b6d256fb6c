import { Button, Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { RedriveAnswer } from '../../../client/schema.generated.ts';
import { ApiError } from '../../api/client.ts';
import { postForLines } from '../../api/streams.ts';
import { setQuery } from '../../app/navigation.tsx';
import { ConfirmButton } from '../../components/dialog.tsx';
import { useKept } from '../../components/kept.ts';
import { JsonEditor } from '../../components/order-editor.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { useWording } from '../../i18n/use-wording.ts';
import { type LetterScope, MOST_POSITIONS, redriveOf } from './letter-query.ts';
import { type LetterRun, NOT_BEGUN, type PatchSample, percentOf, withLine } from './letter-run.ts';
import { isPatch } from './letter-value.ts';
import { lettersTexts, outcomeTexts } from './texts.ts';

interface Shown {
  /** The request, but for `dry_run`. */
  readonly asked: string;
  readonly dryRun: boolean;
  readonly isRunning: boolean;
  readonly run: LetterRun;
  readonly error?: unknown;
}

interface BulkRedriveProps {
  readonly scope: LetterScope;
  /** How many letters that is; undefined while it is not known. */
  readonly count: number | undefined;
  /** What a patch begins as. */
  readonly example: string;
  /** Called when letters were sent back. */
  readonly onSent: () => void;
}

const ROWS = 6;
const NO_MARKS = [] as const;

/**
 * Sends letters back, as they are or changed by one JSON Patch: first as a preview, then, once confirmed, for real. It
 * can be stopped and continued.
 */
export function BulkRedrive({ scope, count, example, onSent }: BulkRedriveProps) {
  const t = useTexts(lettersTexts);
  const queries = useQueryClient();
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  const [patch, setPatch] = useKept('letters-patch');
  const patches = patch !== '';
  const isReady = !patches || isPatch(patch);
  const asked = isReady
    ? JSON.stringify({ ...redriveOf(scope), ...(patches && { edit: { patch: JSON.parse(patch) } }) })
    : '';
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const start = async (dryRun: boolean) => {
    const controller = new AbortController();
    stop.current = controller;
    const { signal } = controller;
    const begun = { asked, dryRun, isRunning: true, run: NOT_BEGUN };
    const change = (changes: Partial<Shown>) => setShown((before) => ({ ...begun, ...before, ...changes }));
    setShown(begun);
    try {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ ...JSON.parse(asked), dry_run: dryRun });
      const fold = { start: NOT_BEGUN, withLine, tell: (run: LetterRun) => change({ run }) };
      // When aborted, the server stops after the current part.
      await postForLines('/api/v1/dead-letters/redrive.ndjson', { headers, body, signal }, fold);
      change({ isRunning: false });
    } catch (error) {
      change({ isRunning: false, ...(!signal.aborted && { error }) });
    }
    if (dryRun) return;
    onSent();
    await queries.invalidateQueries({ queryKey: ['letters'] });
  };
  const isRunning = shown?.isRunning === true;
  const isSeen = shown !== undefined && shown.asked === asked;
  const isTooMany = scope.positions.length > MOST_POSITIONS;
  return (
    <div className="stack">
      {patches && (
        <>
          <JsonEditor label={t.patch} text={patch} onChange={setPatch} rows={ROWS} marks={NO_MARKS} />
          <p className={isReady ? 'muted' : 'bad'}>{isReady ? t.patchHint : t.noPatch}</p>
        </>
      )}
      {isTooMany && <p className="bad">{t.tooMany(MOST_POSITIONS)}</p>}
      <div className="row">
        <Button
          size="xs"
          variant={isSeen ? 'default' : 'filled'}
          disabled={isRunning || !isReady || isTooMany}
          onClick={() => void start(true)}
        >
          {t.preview}
        </Button>
        {isSeen && (
          <ConfirmButton
            size="xs"
            question={count === undefined ? t.question : t.questionOf(count)}
            explanation={patches ? t.patchExplanation : t.explanation}
            disabled={isRunning || isTooMany}
            onConfirm={() => void start(false)}
          >
            {patches ? t.patchMany : t.redriveMany}
          </ConfirmButton>
        )}
        <Button size="xs" variant="subtle" disabled={isRunning} onClick={() => setPatch(patches ? '' : example)}>
          {patches ? t.withoutPatch : t.withPatch}
        </Button>
        {isRunning && (
          <Button size="xs" variant="default" onClick={() => stop.current?.abort()}>
            {t.stop}
          </Button>
        )}
      </div>
      {shown !== undefined && (isSeen || isRunning || !shown.dryRun) && <Result shown={shown} />}
    </div>
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
      {run.samples.length > 0 && <Samples samples={run.samples} />}
    </>
  );
}

/** What a patch changes in some letters, or why it does not apply to them. */
function Samples({ samples }: { readonly samples: readonly PatchSample[] }) {
  const t = useTexts(lettersTexts);
  return (
    <ul className="samples" aria-label={t.samples}>
      {samples.map((sample) => (
        <li key={sample.position}>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setQuery({ letter: sample.position, fix: undefined, sent: undefined }, {})}
          >
            {sample.position}
          </Button>{' '}
          <Verdict {...sample} />
          <ul className="life__changes">
            {sample.changes?.map(({ pointer, from, to }) => (
              <li key={pointer}>
                <code>{pointer}</code> {from === null ? '—' : <del>{from}</del>} → {to === null ? '—' : <ins>{to}</ins>}
              </li>
            ))}
          </ul>
          {sample.changes?.length === 0 && <p className="muted">{t.unchanged}</p>}
        </li>
      ))}
    </ul>
  );
}

/** What became of one letter, or would, and what the consumer would say. */
function Verdict({ outcome, detail, check }: Pick<PatchSample, 'outcome' | 'detail' | 'check'>) {
  const t = useTexts(outcomeTexts);
  const words = useWording();
  return (
    <>
      <span>
        {t.outcomes[outcome] ?? outcome}
        {detail !== '' && `: ${words.detail(detail)}`}
      </span>
      {check !== undefined && (
        <p className={check.accepted ? 'good' : 'bad'}>
          {check.accepted ? t.wouldBeStored(check.order_uid ?? '') : t.wouldComeBack(words.reason(check.reason ?? ''))}
          {check.violations?.[0] && ` (${check.violations[0].pointer} ${words.message(check.violations[0].message)})`}
        </p>
      )}
    </>
  );
}

/** The outcome for one letter, or the outcome it would have. */
export function OneOutcome({ answer }: { readonly answer: RedriveAnswer }) {
  const t = useTexts(outcomeTexts);
  const [first] = answer.outcomes;
  if (first === undefined) return <p role="status">{t.missing}</p>;
  return (
    <div role="status">
      <Verdict {...first} />
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
  const words = useWording();
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
          {t.wouldComeBack(words.reason(reason))}: <b>{count}</b>
        </li>
      ))}
    </ul>
  );
}
