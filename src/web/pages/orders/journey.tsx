import { useQuery } from '@tanstack/react-query';
import type { OrderJourney } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import type { FoundOrder } from '../../api/lookup.ts';
import { Link } from '../../app/link.tsx';
import { Instant } from '../../components/instant.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { messageAddress } from '../messages/address.ts';
import { orderTexts } from './texts.ts';

/** How the order got here: what the lookup says at once, then in full. */
export function Journey({ found }: { readonly found: FoundOrder }) {
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
        <span>
          {redis_ttl_ms === undefined ? t.cachedRedisForever : t.cachedRedis(format.span(redis_ttl_ms))}
        </span>
      )}
    </>
  );
}

/** Without the times in between: which clocks can be believed is not known yet. */
function shortSteps({ producedAt, storedAt }: FoundOrder): OrderJourney['steps'] {
  return [
    { step: 'produced', at: producedAt },
    { step: 'readable', at: storedAt },
  ];
}
