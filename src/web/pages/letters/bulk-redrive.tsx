import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RedriveAnswer } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Card } from '../../components/facts.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { type LetterFilter, redriveOf } from './letter-query.ts';
import { lettersTexts } from './texts.ts';

/** Sends back all that the filter shows: first what would happen, then, once confirmed, for real. */
export function BulkRedrive({ filter }: { readonly filter: LetterFilter }) {
  const t = useTexts(lettersTexts);
  const [answer, setAnswer] = useState<RedriveAnswer | undefined>(undefined);
  const redrive = useAction(
    async (dryRun: boolean) => {
      // An answer that was cut is gone on with.
      const cursor = !dryRun && answer?.dry_run === false ? (answer.cursor ?? undefined) : undefined;
      const body = { ...redriveOf(filter, dryRun), ...(cursor !== undefined && { cursor }) };
      setAnswer(await dataOf(api.POST('/api/v1/dead-letters/redrive', { body })));
    },
    { changes: ['letters'] },
  );
  const outcomes = Object.entries(answer?.counts ?? {}).filter(([, count]) => count > 0);
  return (
    <Card title={t.bulk}>
      <div className="stack">
        <p className="muted">{t.bulkHint}</p>
        <div className="row">
          <Button variant="default" loading={redrive.isPending} onClick={() => redrive.mutate(true)}>
            {t.preview}
          </Button>
          {answer !== undefined && (
            <ConfirmButton
              question={t.question}
              explanation={t.explanation}
              disabled={redrive.isPending}
              onConfirm={() => redrive.mutate(false)}
            >
              {t.redriveMany}
            </ConfirmButton>
          )}
        </div>
        {redrive.error !== null && <ProblemAlert error={redrive.error} />}
        {answer !== undefined && (
          <div role="status">
            <b>{answer.dry_run ? t.wouldHappen : t.happened}</b>
            {outcomes.length === 0 && <p>{t.nothing}</p>}
            <ul className="violations">
              {outcomes.map(([outcome, count]) => (
                <li key={outcome}>
                  <code>{outcome}</code>: {count}
                </li>
              ))}
            </ul>
            {answer.cut && <p>{t.goOn}</p>}
          </div>
        )}
      </div>
    </Card>
  );
}
