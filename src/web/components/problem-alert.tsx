import { Alert, Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiError } from '../api/client.ts';
import { askForToken } from '../api/token.ts';
import { useTexts } from '../i18n/language.ts';
import { commonTexts } from './texts.ts';

interface ProblemAlertProps {
  readonly error: unknown;
  /** Tries again. */
  readonly onRetry?: (() => void) | undefined;
  /** The request is retried automatically. */
  readonly retries?: boolean;
}

/** What went wrong, where, and what to do about it. */
export function ProblemAlert({ error, onRetry, retries = false }: ProblemAlertProps) {
  const t = useTexts(commonTexts);
  const { title, advice } = useProblem(error);
  const apiError = error instanceof ApiError ? error : undefined;
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
                <code>{pointer === '' ? '/' : pointer}</code> {message}
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

/** An error as a title and advice, in the reader's language where there are texts for it. */
export function useProblem(error: unknown): { readonly title: string; readonly advice: string } {
  const t = useTexts(commonTexts);
  if (!(error instanceof ApiError)) return { title: String(error), advice: '' };
  const [unreachable = '', restarting = ''] = t.unreachable;
  if (error.kind === 'unreachable') return { title: unreachable, advice: restarting };
  const own = t.problems[error.kind];
  if (own !== undefined) return { title: own[0], advice: own[1] };
  const { problem } = error;
  if (problem === undefined) return { title: t.status(error.status), advice: '' };
  return { title: problem.title, advice: problem.detail };
}
