import { Alert, Button, Checkbox, Progress } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Verification, VerificationList } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { generatorRole, startVerification, verificationsQuery } from '../../api/roles.ts';
import { Link, setQuery, usePlace } from '../../app/navigation.tsx';
import { Card, Empty, Instant, PageTitle, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { download } from '../../components/save-file.ts';
import { TableHead } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { Report, verdictOf } from './report.tsx';
import { proofTexts } from './texts.ts';

const MANIFEST = '/api/v1/generator/manifest.ndjson';

/** Verifies in the background that every message is where it belongs, and shows the result. */
export function ProofPage() {
  const t = useTexts(proofTexts);
  const queries = useQueryClient();
  const { query } = usePlace();
  const wanted = query.get('run');
  const { data, error } = useQuery(verificationsQuery);
  const all = data?.verifications ?? [];
  const shown = wanted === null ? all[0] : all.find(({ id }) => String(id) === wanted);
  const { data: generator } = useQuery(generatorRole.query(5_000));
  const injected = generator?.injected ?? 0;
  const [unchecked, setUnchecked] = useState(false);
  const manifest = injected > 0 && !unchecked;
  const start = useAction(
    async () => {
      const begun = await startVerification(manifest);
      // The next list has it; until then the page must not say that the run does not exist.
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
  const save = useAction((path: string) => download(path), {});
  const running = all.find(({ state }) => state === 'running');
  const problem = error ?? start.error ?? cancel.error ?? save.error;
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
      {generator !== undefined && (
        <div className="row proof__injected">
          {injected === 0 ? (
            <span className="muted">
              {t.nothingInjected} <Link href="/generator">{t.inject}</Link>
            </span>
          ) : (
            <>
              <Checkbox
                checked={manifest}
                onChange={() => setUnchecked(manifest)}
                label={t.checkInjected(injected)}
                description={t.injectedHint}
              />
              <Button size="xs" variant="default" loading={save.isPending} onClick={() => save.mutate(MANIFEST)}>
                {t.saveManifest}
              </Button>
            </>
          )}
        </div>
      )}
      {problem !== null && <ProblemAlert error={problem} retries={error !== null} />}
      {data === undefined && error === null && <Skeleton rows={8} />}
      {shown !== undefined && <Shown verification={shown} />}
      {shown === undefined && data !== undefined && (
        <Card title={t.runs}>
          <Empty title={wanted === null ? t.never : t.gone} />
        </Card>
      )}
      {all.length > 1 && <Runs verifications={all} />}
    </>
  );
}

function Shown({ verification }: { readonly verification: Verification }) {
  const t = useTexts(proofTexts);
  const { id, state, report, error } = verification;
  if (state === 'running') return <RunProgress verification={verification} />;
  if (report !== null) return <Report report={report} id={id} />;
  const failed = state === 'failed';
  return (
    <Alert color={failed ? 'red' : 'gray'} variant="light" title={failed ? t.failed : t.states[state]}>
      {error !== null && <p>{error}</p>}
      <p>{failed ? t.failedHint : t.cancelledHint}</p>
    </Alert>
  );
}

/** The progress of a verification, and the time left. */
export function RunProgress({ verification }: { readonly verification: Verification }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const { phase, done, total, per_s: rate, waiting_for: waitingFor } = verification.progress;
  const share = total === null || total === 0 ? 0 : done / total;
  const said = {
    starting: t.phases.starting,
    waiting: waitingFor === null || waitingFor === 0 ? t.phases.waitingAll : t.phases.waiting(waitingFor),
    verifying: t.phases.verifying(format.number(done), format.number(total ?? 0)),
  }[phase];
  const left = total !== null && rate !== null && rate > 0 ? ((total - done) / rate) * 1000 : undefined;
  return (
    <Card title={t.progress}>
      <Progress.Root size="lg">
        <Progress.Section
          value={phase === 'verifying' ? share * 100 : 100}
          animated={phase !== 'verifying'}
          striped={phase !== 'verifying'}
          aria-label={t.progress}
        />
      </Progress.Root>
      <p role="status">
        {said}
        {rate !== null && left !== undefined && (
          <span className="muted">
            , {t.phases.rate(format.number(rate))}, {t.left(format.span(left))}
          </span>
        )}
      </p>
    </Card>
  );
}

/** The verifications of this process. */
export function Runs({ verifications }: { readonly verifications: readonly Verification[] }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const outcome = ({ state, report }: Verification): string =>
    report === null ? t.states[state] : t.verdict(verdictOf(report));
  return (
    <Card title={t.runs}>
      <table className="plain">
        <TableHead columns={[t.when, t.outcome, [t.messages, 'num']]} />
        <tbody>
          {verifications.map((one) => (
            <tr key={one.id}>
              <td>
                <Link href={`/proof?run=${one.id}`}>
                  <Instant at={one.started_at} timeOnly />
                </Link>
              </td>
              <td>{outcome(one)}</td>
              <td className="num">{one.report === null ? '—' : format.number(one.report.total.produced)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
