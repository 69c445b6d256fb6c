import { Alert, Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiError } from '../api/client.ts';
import { useService } from '../api/readiness.ts';
import { askForToken } from '../api/token.ts';
import { useTexts } from '../i18n/language.ts';
import { problemTexts } from '../i18n/problems.ts';
import { useWording } from '../i18n/use-wording.ts';
import { commonTexts } from './texts.ts';

interface ProblemAlertProps {
  readonly error: unknown;
  /** Tries again. */
  readonly onRetry?: (() => void) | undefined;
  /** The request is retried automatically. */
  readonly retries?: boolean;
}

/**
 * What went wrong, where, and what to do about it. When the service does not answer at all, and the request is retried,
 * it is the shell that says so.
 */
export function ProblemAlert({ error, onRetry, retries = false }: ProblemAlertProps) {
  const t = useTexts(commonTexts);
  const { title, advice } = useProblem(error);
  const words = useWording();
  const { lost } = useService();
  const apiError = error instanceof ApiError ? error : undefined;
  if (lost && retries && apiError?.kind === 'unreachable') return null;
  const violations = apiError?.problem?.violations ?? [];
  const instance = apiError?.problem?.instance ?? '';
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} title={title}>
      <div className="stack">
        <p>
          {advice} {retries && apiError?.passing === true && t.retrying}
        </p>
        {violations.length > 0 && (
          <ul className="violations">
            {violations.map(({ pointer, message }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: they do not change.
              <li key={at}>
                <code>{pointer === '' ? '/' : pointer}</code> {words.message(message)}
              </li>
            ))}
          </ul>
        )}
        {instance.startsWith('urn:') && (
          <p>
            {t.instance} <code>{instance}</code>
          </p>
        )}
        <div className="row">
          {apiError?.kind === 'token-required' && (
            <Button size="xs" onClick={() => askForToken()}>
              {t.giveToken}
            </Button>
          )}
          {onRetry !== undefined && (
            <Button size="xs" variant="default" onClick={onRetry}>
              {t.retry}
            </Button>
          )}
        </div>
      </div>
    </Alert>
  );
}

interface RejectionProps {
  /** The code of it. */
  readonly reason: string;
  readonly detail: string;
}

/** Why a message is not an order, in the reader's language; the code is the tooltip. */
export function RejectionText({ reason, detail }: RejectionProps) {
  const words = useWording();
  return (
    <span className="bad">
      <b title={reason}>{words.reason(reason)}</b>: {words.detail(detail)}
    </span>
  );
}

/** An error as a title and advice, in the reader's language where there are texts for it. */
export function useProblem(error: unknown): { readonly title: string; readonly advice: string } {
  const t = useTexts(commonTexts);
  const known = useTexts(problemTexts)[error instanceof ApiError ? error.kind : ''];
  if (!(error instanceof ApiError)) return { title: String(error), advice: '' };
  const [unreachable = '', restarting = ''] = t.unreachable;
  if (error.kind === 'unreachable') return { title: unreachable, advice: restarting };
  const { problem } = error;
  // What is invalid is named below, or only in the service's own words.
  const isUnnamed = error.kind === 'bad-request' && problem?.violations === undefined;
  if (known !== undefined) return { title: known[0], advice: isUnnamed ? (problem?.detail ?? '') : known[1] };
  if (problem === undefined) return { title: t.status(error.status), advice: '' };
  return { title: problem.title, advice: problem.detail };
}
