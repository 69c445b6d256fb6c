import { SegmentedControl } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Order, OrderJourney } from '../../../client/schema.generated.ts';
import { orderState } from '../../../order/states.ts';
import { ApiError, answered, api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Link, setQuery, usePlace } from '../../app/navigation.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { Instant, PageTitle, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { messageAddress, SEARCHED } from '../addresses.ts';
import { TopicLink } from '../links.tsx';
import { AbsentOrder } from './absent-order.tsx';
import { History } from './history.tsx';
import { Receipt } from './receipt.tsx';
import { StateBadge as OrderStateBadge } from './states.tsx';
import { orderTexts } from './texts.ts';

/** How often an open order is looked up; not while the page is hidden. */
const EVERY_MS = 2_000;
/** An order that is not there is looked for this often again: it may be on its way. */
const MOST_LOOKS = 30;

/** One order: looked up when the page is opened, until it can be read, and again for what has changed of it. */
export function OrderPage({ uid }: { readonly uid: string }) {
  const t = useTexts(orderTexts);
  const { query } = usePlace();
  const queries = useQueryClient();
  const lookup = useQuery({
    queryKey: ['order', uid],
    queryFn: async ({ signal }) => {
      const now = await lookUp(uid, signal);
      const shown = queries.getQueryData<LookedUpOrder | ApiError>(['order', uid]);
      // What has not changed stays as it was first read.
      return shown !== undefined && versionOf(shown) === versionOf(now) ? shown : now;
    },
    structuralSharing: false,
    refetchInterval: (one) => {
      const { data, dataUpdateCount } = one.state;
      return refetchEvery(data instanceof ApiError && dataUpdateCount > MOST_LOOKS ? undefined : EVERY_MS)(one);
    },
  });
  const { data, error } = lookup;
  const isFound = data !== undefined && !(data instanceof ApiError);
  const wasSearched = query.has(SEARCHED);
  useEffect(() => {
    if (isFound && wasSearched) setQuery({ [SEARCHED]: undefined });
  }, [isFound, wasSearched]);
  return (
    <>
      <Link className="back" href="/orders">
        <IconArrowLeft size={16} aria-hidden /> {t.back}
      </Link>
      {isFound ? (
        <>
          {error !== null && <ProblemAlert error={error} retries />}
          <Found found={data} isOld={error !== null} />
        </>
      ) : data !== undefined || error !== null ? (
        <AbsentOrder uid={uid} error={error ?? data} onAgain={() => void lookup.refetch()} />
      ) : (
        <Skeleton rows={12} />
      )}
    </>
  );
}

function Found({ found, isOld }: { readonly found: LookedUpOrder; readonly isOld: boolean }) {
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
        <span role="status">
          <OrderStateBadge state={orderState(order.items.map(({ status }) => status))} />
        </span>
        <StateBadge color="green" failing={isOld}>
          {t.live}
        </StateBadge>
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
      <History uid={order.order_uid} version={versionOf(found)} />
      {asJson ? <JsonText text={text} label={t.jsonOf} /> : <Receipt order={order} />}
    </article>
  );
}

/** How the order got here: first what the lookup says, then in full. */
function Journey({ found }: { readonly found: LookedUpOrder }) {
  const t = useTexts(orderTexts);
  const format = useFormat();
  const uid = found.order.order_uid;
  const { data } = useQuery({
    queryKey: ['journey', uid, versionOf(found)],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/orders/{order_uid}/journey', { params: { path: { order_uid: uid } }, signal })),
  });
  const steps = data?.steps ?? shortSteps(found);
  const position = t.at(Number(found.partition), found.offset);
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
        <TopicLink topic={found.topic} /> ·{' '}
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

/** Which version of the order this is; '' for one that is not there. */
function versionOf(found: LookedUpOrder | ApiError): string {
  return found instanceof ApiError ? '' : `${found.partition}:${found.offset} ${found.storedAt}`;
}

/** Asks for an order by POST; that there is none is an answer, too. @throws ApiError */
async function lookUp(order_uid: string, signal: AbortSignal): Promise<LookedUpOrder | ApiError> {
  const call = answered(api.POST('/api/v1/orders/lookup', { body: { order_uid }, signal }));
  const answer = await call.catch((error: unknown) => {
    if (error instanceof ApiError && error.kind === 'order-not-found') return error;
    throw error;
  });
  if (answer instanceof ApiError) return answer;
  const { data, response } = answer;
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
