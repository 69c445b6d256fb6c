import { Alert, Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Verification, VerificationList } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Link } from '../../app/link.tsx';
import { setQuery, usePlace } from '../../app/navigation.ts';
import { Card } from '../../components/facts.tsx';
import { PageTitle } from '../../components/page-title.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { Progress } from './progress.tsx';
import { Report } from './report.tsx';
import { Runs } from './runs.tsx';
import { proofTexts } from './texts.ts';

const RUNNING_MS = 500;
const IDLE_MS = 5_000;

/** Proves in the background that every message is where it belongs, and shows the proof. */
export function ProofPage() {
  const t = useTexts(proofTexts);
  const queries = useQueryClient();
  const { query } = usePlace();
  const wanted = query.get('run');
  const { data, error } = useQuery({
    queryKey: ['verifications'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/verifications', { signal })),
    refetchInterval: (state) =>
      refetchEvery(state.state.data?.verifications[0]?.state === 'running' ? RUNNING_MS : IDLE_MS)(state),
  });
  const all = data?.verifications ?? [];
  const shown = wanted === null ? all[0] : all.find(({ id }) => String(id) === wanted);
  const start = useAction(
    async () => {
      const begun = await dataOf(api.POST('/api/v1/verifications', { body: {} }));
      // The list that is asked for next has it; till then the page must not say that there is no such run.
      queries.setQueryData<VerificationList>(['verifications'], (list) => ({
        verifications: [begun, ...(list?.verifications ?? [])],
      }));
      setQuery({ run: String(begun.id) }, {});
      return begun;
    },
    { said: () => t.begun, changes: ['verifications'] },
  );
  const cancel = useAction(
    (id: number) => dataOf(api.POST('/api/v1/verifications/{id}/cancel', { params: { path: { id } } })),
    { said: () => t.cancelled, changes: ['verifications'] },
  );
  const running = all.find(({ state }) => state === 'running');
  const problem = error ?? start.error ?? cancel.error;
  return (
    <>
      <PageTitle title={t.title}>
        <div className="page-title__end row-end proof__head">
          <Link href="/chaos">{t.toChaos}</Link>
          {running === undefined ? (
            <Button onClick={() => start.mutate()} loading={start.isPending}>
              {all.length === 0 ? t.start : t.again}
            </Button>
          ) : (
            <Button variant="default" onClick={() => cancel.mutate(running.id)} loading={cancel.isPending}>
              {t.cancel}
            </Button>
          )}
        </div>
      </PageTitle>
      <p className="muted">{t.lead}</p>
      {problem !== null && <ProblemAlert error={problem} retries={error !== null} />}
      {shown !== undefined && <Shown verification={shown} />}
      {shown === undefined && data !== undefined && (
        <Card title={t.runs}>
          <p className="empty">{wanted === null ? t.never : t.gone}</p>
        </Card>
      )}
      {all.length > 1 && <Runs verifications={all} />}
    </>
  );
}

function Shown({ verification }: { readonly verification: Verification }) {
  const t = useTexts(proofTexts);
  const { state, report, error } = verification;
  if (state === 'running') return <Progress verification={verification} />;
  if (report !== null) return <Report report={report} />;
  const failed = state === 'failed';
  return (
    <Alert color={failed ? 'red' : 'gray'} variant="light" title={failed ? t.failed : t.states[state]}>
      {error !== null && <p>{error}</p>}
      <p>{failed ? t.failedHint : t.cancelledHint}</p>
    </Alert>
  );
}
