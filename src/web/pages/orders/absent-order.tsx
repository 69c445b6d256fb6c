import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ApiError, api, dataOf } from '../../api/client.ts';
import { Link, usePlace, withQuery } from '../../app/navigation.tsx';
import { Instant, PageTitle } from '../../components/page.tsx';
import { ProblemAlert, RejectionText, useProblem } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/language.ts';
import { letterAddress, SEARCHED } from '../addresses.ts';
import { Alike } from './alike.tsx';
import { orderTexts } from './texts.ts';

interface AbsentOrderProps {
  readonly uid: string;
  readonly error: unknown;
  readonly onAgain: () => void;
}

/** Stands for an order that can't be shown, and says why. */
export function AbsentOrder({ uid, error, onAgain }: AbsentOrderProps) {
  const t = useTexts(orderTexts);
  const problem = useProblem(error);
  const kind = error instanceof ApiError ? error.kind : '';
  if (kind === 'order-not-found') return <NotFound uid={uid} onAgain={onAgain} />;
  if (kind === 'invalid-body')
    return (
      <section className="notice">
        <PageTitle title={t.badUid[0] ?? ''} />
        <p role="status">{t.badUid[1]}</p>
      </section>
    );
  return (
    <section className="notice">
      <PageTitle title={problem.title} />
      <ProblemAlert error={error} onRetry={onAgain} retries />
    </section>
  );
}

/** It may never have been sent, be on its way, or have been rejected; then its letter says why. */
function NotFound({ uid, onAgain }: Omit<AbsentOrderProps, 'error'>) {
  const t = useTexts(orderTexts);
  const { query } = usePlace();
  const { data, isPending, refetch } = useQuery({
    queryKey: ['letters', 'of-order', uid],
    queryFn: ({ signal }) => {
      const query = { key: uid, limit: 1 };
      return dataOf(api.GET('/api/v1/dead-letters', { params: { query }, signal }));
    },
  });
  const letter = data?.letters[0];
  return (
    <section className="notice">
      <PageTitle title={isPending ? `${t.order} ${uid}` : letter === undefined ? t.absent : t.rejected} />
      {letter === undefined ? (
        <p role="status">{isPending ? t.seeking(uid) : t.absentHint(uid)}</p>
      ) : (
        <>
          <p role="status">{t.rejectedHint(uid)}</p>
          <p>
            <RejectionText reason={letter.reason} detail={letter.detail} />
          </p>
          <p className="muted">
            {t.rejectedAt} <Instant at={letter.at} />
            {letter.redriven_at !== null && (
              <>
                , {t.sentBackAt} <Instant at={letter.redriven_at} />
              </>
            )}
          </p>
        </>
      )}
      <Alike text={uid} opens={query.has(SEARCHED) && letter === undefined && !isPending} />
      <div className="row">
        {letter !== undefined && (
          <Button component={Link} href={letterAddress(letter.position)}>
            {t.openLetter}
          </Button>
        )}
        <Button
          variant="default"
          onClick={() => {
            onAgain();
            void refetch();
          }}
        >
          {t.again}
        </Button>
        <Link href={withQuery('/messages', new URLSearchParams({ key: uid }))}>{t.itsMessages}</Link>
      </div>
    </section>
  );
}
