import { ActionIcon, Button, SegmentedControl } from '@mantine/core';
import { IconArrowLeft, IconCheck, IconCopy } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Order, OrderJourney } from '../../../client/schema.generated.ts';
import { ApiError, answered, api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Link, setQuery, usePlace } from '../../app/navigation.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { Instant, PageTitle } from '../../components/page.tsx';
import { ProblemAlert, useProblem } from '../../components/problem-alert.tsx';
import { commonTexts } from '../../components/texts.ts';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { messageAddress } from '../addresses.ts';
import { Receipt } from './receipt.tsx';
import { orderTexts } from './texts.ts';

/** One order: looked up when the page is opened, and again until it can be read. */
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

function Found({ found }: { readonly found: LookedUpOrder }) {
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

/** Copies `text`, and says so for a moment. `label` names what is copied; it is shown when `wide`. */
function CopyButton({ text, label, wide = false }: { text: string; label: string; wide?: boolean }) {
  const t = useTexts(commonTexts);
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 1600);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // No permission, or no secure context: the reader can select the text on the page.
      setState('failed');
    }
  };
  const said = state === 'idle' ? label : state === 'copied' ? t.copied : t.copyFailed;
  const icon = state === 'copied' ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />;
  if (wide)
    return (
      <Button size="xs" variant="default" leftSection={icon} onClick={copy}>
        {said}
      </Button>
    );
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={said} title={said} onClick={copy}>
      {icon}
    </ActionIcon>
  );
}

/** How the order got here: first what the lookup says, then in full. */
function Journey({ found }: { readonly found: LookedUpOrder }) {
  const t = useTexts(orderTexts);
  const format = useFormat();
  const uid = found.order.order_uid;
  const { data } = useQuery({
    queryKey: ['journey', uid, found.storedAt],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/orders/{order_uid}/journey', { params: { path: { order_uid: uid } }, signal })),
  });
  const steps = data?.steps ?? shortSteps(found);
  const position = t.at(found.topic, Number(found.partition), found.offset);
  return (
    <section aria-label={t.journey}>
      <ol className="journey">
        {steps.map(({ step, at, since_previous_ms, unbelievable }) => (
          <li key={step}>
            <b>{t.steps[step]}</b>
            <Instant at={at} timeOnly />
            {unbelievable && <span>{t.unbelievable}</span>}
            {since_previous_ms !== undefined && <span>{t.later(format.span(since_previous_ms))}</span>}
          </li>
        ))}
        <li>
          <b>{t.cached}</b>
          {data !== undefined && <Cached cached={data.cached} />}
        </li>
      </ol>
      <p className="muted journey__position">
        <Link href={messageAddress(found.topic, `${found.partition}:${found.offset}`)}>{position}</Link>
        {data?.in_log === false && ` — ${t.gone}`}
      </p>
    </section>
  );
}

function Cached({ cached }: { readonly cached: OrderJourney['cached'] }) {
  const t = useTexts(orderTexts);
  const format = useFormat();
  const { l1, redis, redis_ttl_ms } = cached;
  if (!l1 && !redis) return <span>{t.notCached}</span>;
  return (
    <>
      {l1 && <span>{t.cachedL1}</span>}
      {redis && (
        <span>{redis_ttl_ms === undefined ? t.cachedRedisForever : t.cachedRedis(format.span(redis_ttl_ms))}</span>
      )}
    </>
  );
}

/** Without the times in between: it is not known yet which clocks can be trusted. */
function shortSteps({ producedAt, storedAt }: LookedUpOrder): OrderJourney['steps'] {
  return [
    { step: 'produced', at: producedAt },
    { step: 'readable', at: storedAt },
  ];
}

type Tier = 'l1' | 'redis' | 'postgresql';

/** An order, and what the response headers say about it. */
export interface LookedUpOrder {
  readonly order: Order;
  readonly tier: Tier;
  /** How long the lookup took on the server, ms; undefined if it did not say. */
  readonly lookupMs: number | undefined;
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
  /** RFC 3339. */
  readonly producedAt: string;
  readonly storedAt: string;
}

/** Asks for an order by POST. @throws ApiError */
async function lookUp(order_uid: string, signal: AbortSignal): Promise<LookedUpOrder> {
  const { data, response } = await answered(api.POST('/api/v1/orders/lookup', { body: { order_uid }, signal }));
  const header = (name: string) => response.headers.get(name) ?? '';
  const duration = /dur=([\d.]+)/.exec(header('server-timing'))?.[1];
  return {
    order: data,
    tier: tierOf(header('x-cache')),
    lookupMs: duration === undefined ? undefined : Number(duration),
    topic: header('x-order-topic'),
    partition: header('x-order-partition'),
    offset: header('x-order-offset'),
    producedAt: header('x-order-produced-at'),
    storedAt: header('x-order-stored-at'),
  };
}

function tierOf(name: string): Tier {
  return name === 'l1' || name === 'redis' ? name : 'postgresql';
}
