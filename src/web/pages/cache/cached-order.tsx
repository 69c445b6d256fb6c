import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery, useAction } from '../../api/queries.ts';
import { bytesText } from '../../components/bytes.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { ConfirmButton } from '../../components/dialog.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { Facts } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { cacheTexts } from './texts.ts';

/** What each tier holds of an order, with a button to forget it. */
export function CachedOrderContent({ uid }: { readonly uid: string }) {
  const t = useTexts(cacheTexts);
  const format = useFormat();
  const path = { order_uid: uid };
  const { data, error } = useQuery({
    queryKey: ['cache', 'order', uid],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/cache/orders/{order_uid}', { params: { path }, signal })),
    refetchInterval: refetchEvery(2_000),
  });
  const evict = useAction(() => dataOf(api.DELETE('/api/v1/cache/orders/{order_uid}', { params: { path } })), {
    said: () => t.evicted(uid),
    changes: ['cache'],
  });
  const order = data?.l1?.order ?? data?.redis?.order ?? undefined;
  const redis = data?.redis;
  const life = redis?.ttl_ms === null ? t.forever : t.seconds(format.number((redis?.ttl_ms ?? 0) / 1000, 1));
  return (
    <div className="stack">
      {(error ?? evict.error) !== null && <ProblemAlert error={error ?? evict.error} retries />}
      <div className="row">
        <ConfirmButton question={t.evictQuestion(uid)} explanation={t.evictHint} onConfirm={() => evict.mutate()}>
          {t.evict}
        </ConfirmButton>
      </div>
      {data !== undefined && (
        <Facts
          facts={[
            [t.memory, data.l1 === null ? t.nothing : <code key="l1">{data.l1.etag}</code>],
            ['Redis', redis ? `${t.kinds[redis.kind]}, ${format.bytes(redis.bytes)}` : t.nothing],
            [t.ttl, redis ? life : ''],
          ]}
        />
      )}
      {redis && (
        <p className="row">
          <span className="muted">{t.key}</span>
          <code>{redis.key}</code>
          <CopyButton text={redis.key} label={t.copyKey} />
        </p>
      )}
      {order !== undefined && (
        <JsonText text={JSON.stringify(order, undefined, 2)} label={t.valueOf(data?.l1 ? t.memory : 'Redis')} />
      )}
      {redis && (
        <details>
          <summary>{t.raw}</summary>
          <JsonText text={bytesText(redis.value)} label={t.raw} />
          <CopyButton text={bytesText(redis.value)} label={t.copyValue} wide />
        </details>
      )}
    </div>
  );
}
