import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { setQuery } from '../../app/navigation.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Card, Facts } from '../../components/facts.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { cacheTexts } from './texts.ts';

/** What each tier has of an order; it can be forgotten. */
export function CachedOrder({ uid }: { readonly uid: string }) {
  const t = useTexts(cacheTexts);
  const format = useFormat();
  const path = { order_uid: uid };
  const { data, error } = useQuery({
    queryKey: ['cache', 'order', uid],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/cache/orders/{order_uid}', { params: { path }, signal })),
    refetchInterval: refetchEvery(2_000),
  });
  const evict = useAction(
    () => dataOf(api.DELETE('/api/v1/cache/orders/{order_uid}', { params: { path } })),
    {
      said: () => t.evicted(uid),
      changes: ['cache'],
    },
  );
  const order = data?.l1?.order ?? data?.redis?.order ?? undefined;
  const redis = data?.redis;
  const life = redis?.ttl_ms === null ? t.forever : format.span(redis?.ttl_ms ?? 0);
  return (
    <Card title={t.inTiers(uid)}>
      <div className="stack">
        {(error ?? evict.error) !== null && <ProblemAlert error={error ?? evict.error} retries />}
        {data !== undefined && (
          <Facts
            facts={[
              [t.memory, data.l1 === null ? t.nothing : <code key="l1">{data.l1.etag}</code>],
              ['Redis', redis ? `${t.kinds[redis.kind]}, ${format.bytes(redis.bytes)}` : t.nothing],
              [t.ttl, redis ? life : ''],
            ]}
          />
        )}
        {order !== undefined && (
          <JsonText
            text={JSON.stringify(order, undefined, 2)}
            label={t.valueOf(data?.l1 ? t.memory : 'Redis')}
          />
        )}
        <div className="row">
          <ConfirmButton
            question={t.evictQuestion(uid)}
            explanation={t.evictHint}
            onConfirm={() => evict.mutate()}
          >
            {t.evict}
          </ConfirmButton>
          <Button variant="default" onClick={() => setQuery({ order: undefined })}>
            {t.close}
          </Button>
        </div>
      </div>
    </Card>
  );
}
