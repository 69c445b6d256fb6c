import { Badge, Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Cache } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery, useAction, usePages } from '../../api/queries.ts';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { ConfirmButton } from '../../components/dialog.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { Card, Facts, PageTitle } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ShowMore, Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { Invalidations } from './invalidations.tsx';
import { cacheTexts } from './texts.ts';

/** The tiers of the cache, what Redis holds, what they forget, and how to make them forget. */
export function CachePage() {
  const t = useTexts(cacheTexts);
  const { query } = usePlace();
  const uid = query.get('order') ?? undefined;
  const [text, setText] = useState(uid ?? '');
  const { data, error } = useQuery({
    queryKey: ['cache', 'tiers'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/cache', { signal })),
    refetchInterval: refetchEvery(2_000),
  });
  const flush = useAction(() => dataOf(api.DELETE('/api/v1/cache', {})), {
    said: ({ keys }) => t.flushed(keys),
    changes: ['cache'],
  });
  return (
    <>
      <PageTitle title={t.title}>
        {data !== undefined && (
          <Badge variant="light" color={data.redis.in_use ? 'green' : 'orange'}>
            Redis: {data.redis.in_use ? t.inUse : t.notInUse}
            {data.redis.reason !== null && `: ${t.troubles[data.redis.reason]}`}
          </Badge>
        )}
        <ConfirmButton
          size="xs"
          className="page-title__end"
          question={t.flushQuestion}
          explanation={t.flushHint}
          onConfirm={() => flush.mutate()}
        >
          {t.flush}
        </ConfirmButton>
      </PageTitle>
      {(error ?? flush.error) !== null && <ProblemAlert error={error ?? flush.error} retries />}
      {data !== undefined && <Tiers cache={data} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setQuery({ order: text.trim() }, {});
        }}
      >
        <TextInput label={t.find} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      </form>
      {uid !== undefined && <CachedOrder uid={uid} key={uid} />}
      <Invalidations />
      <KeyList />
    </>
  );
}

function Tiers({ cache: { l1, redis, postgresql, absent } }: { readonly cache: Cache }) {
  const t = useTexts(cacheTexts);
  const format = useFormat();
  const all = l1.hits + redis.hits + postgresql.hits + absent;
  const keys = redis.nodes.reduce((sum, node) => sum + node.keys, 0);
  const rows = [
    [t.memory, l1.hits, `${t.orders(l1.orders)}, ${format.bytes(l1.bytes)}`],
    ['Redis', redis.hits, t.keys(keys)],
    ['PostgreSQL', postgresql.hits, ''],
    [t.absent, absent, ''],
  ] as const;
  return (
    <Card title={t.tiers}>
      <Table label={t.tiers} columns={[t.tier, [t.answered, 'num'], [t.share, 'num'], t.holds]}>
        {rows.map(([name, hits, holds]) => (
          <tr key={name}>
            <td>{name}</td>
            <td className="num">{format.number(hits)}</td>
            <td className="num">{all === 0 ? '—' : `${format.number((hits / all) * 100, 1)} %`}</td>
            <td>{holds}</td>
          </tr>
        ))}
      </Table>
      <ul className="muted">
        {redis.nodes.map(({ address, used_bytes, max_bytes, tracked }) => (
          <li key={address}>
            {t.node} {address}: {used_bytes === null ? '—' : format.bytes(used_bytes)} /{' '}
            {max_bytes === null ? '—' : max_bytes === 0 ? t.noLimit : format.bytes(max_bytes)}; {t.tracked}:{' '}
            {tracked ? t.yes : t.no}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What each tier holds of an order, with a button to forget it. */
function CachedOrder({ uid }: { readonly uid: string }) {
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
          <JsonText text={JSON.stringify(order, undefined, 2)} label={t.valueOf(data?.l1 ? t.memory : 'Redis')} />
        )}
        <div className="row">
          <ConfirmButton question={t.evictQuestion(uid)} explanation={t.evictHint} onConfirm={() => evict.mutate()}>
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

/** The orders and leases in Redis. */
function KeyList() {
  const t = useTexts(cacheTexts);
  const format = useFormat();
  const list = usePages(['cache', 'keys'], (query, signal) =>
    dataOf(api.GET('/api/v1/cache/keys', { params: { query }, signal })),
  );
  const keys = list.data?.pages.flatMap((page) => page.keys) ?? [];
  return (
    <Card title={t.list}>
      {list.error !== null && <ProblemAlert error={list.error} retries />}
      {keys.length === 0 && list.data !== undefined && !list.hasNextPage && <p className="empty">{t.none}</p>}
      {keys.length > 0 && (
        <Table label={t.list} columns={[t.uid, t.kind, [t.ttl, 'num'], [t.size, 'num']]}>
          {keys.map(({ order_uid, kind, ttl_ms, bytes }) => (
            <tr key={`${kind} ${order_uid}`}>
              <td>
                <Button
                  size="compact-xs"
                  variant="default"
                  title={t.look}
                  onClick={() => setQuery({ order: order_uid }, {})}
                >
                  {order_uid}
                </Button>
              </td>
              <td>{t.kinds[kind]}</td>
              <td className="num">{ttl_ms === null ? t.forever : format.span(ttl_ms)}</td>
              <td className="num">{format.bytes(bytes)}</td>
            </tr>
          ))}
        </Table>
      )}
      <ShowMore list={list} />
    </Card>
  );
}
