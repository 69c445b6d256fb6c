import { Button, SegmentedControl } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/api-error.ts';
import { type FoundOrder, lookUp } from '../../api/lookup.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Link } from '../../app/link.tsx';
import { setQuery, usePlace } from '../../app/navigation.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { PageTitle } from '../../components/page-title.tsx';
import { ProblemAlert, useProblem } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { Journey } from './journey.tsx';
import { Receipt } from './receipt.tsx';
import { orderTexts } from './texts.ts';

/** One order: looked up when it is opened, and again until it can be read. */
export function OrderPage({ uid }: { readonly uid: string }) {
  const t = useTexts(orderTexts);
  const lookup = useQuery({
    queryKey: ['order', uid],
    queryFn: ({ signal }) => lookUp(uid, signal),
    refetchInterval: refetchEvery(),
  });
  return (
    <>
      <Link className="back" href="/orders">
        <IconArrowLeft size={16} aria-hidden /> {t.back}
      </Link>
      {lookup.error !== null ? (
        <Failure uid={uid} error={lookup.error} onAgain={() => void lookup.refetch()} />
      ) : lookup.data === undefined ? (
        <div className="skeleton" aria-hidden="true" />
      ) : (
        <Found found={lookup.data} />
      )}
    </>
  );
}

function Failure(props: { readonly uid: string; readonly error: unknown; readonly onAgain: () => void }) {
  const { uid, error, onAgain } = props;
  const t = useTexts(orderTexts);
  const problem = useProblem(error);
  const kind = error instanceof ApiError ? error.kind : '';
  if (kind === 'order-not-found')
    return (
      <section className="notice">
        <PageTitle title={t.absent} />
        <p role="status">{t.absentHint(uid)}</p>
        <Button variant="default" onClick={onAgain}>
          {t.again}
        </Button>
      </section>
    );
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

function Found({ found }: { readonly found: FoundOrder }) {
  const t = useTexts(orderTexts);
  const format = useFormat();
  const { query } = usePlace();
  const { order, tier, lookupMs } = found;
  const asJson = query.get('view') === 'json';
  const text = JSON.stringify(order, undefined, 2);
  const { amount, currency } = order.payment;
  return (
    <article className="order">
      <PageTitle title={`${t.order} ${order.order_uid}`} shown={order.order_uid}>
        <CopyButton text={order.order_uid} label={t.copyUid} />
        <span className="order__amount">
          {format.money(amount, currency, 'narrow')} <small>{currency}</small>
        </span>
      </PageTitle>
      <div className="row">
        <SegmentedControl
          size="xs"
          aria-label={t.view}
          value={asJson ? 'json' : 'receipt'}
          onChange={(value) => setQuery({ view: value === 'json' ? value : undefined })}
          data={[
            { value: 'receipt', label: t.details },
            { value: 'json', label: t.json },
          ]}
        />
        <CopyButton text={location.href} label={t.copyLink} wide />
        <CopyButton text={text} label={t.copyJson} wide />
        <span className="muted">
          {t.read(t.tiers[tier], lookupMs === undefined ? '' : t.inTime(format.span(lookupMs)))}
        </span>
      </div>
      <Journey found={found} />
      {asJson ? <JsonText text={text} label={t.jsonOf} /> : <Receipt order={order} />}
    </article>
  );
}
