import { Badge, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Cache } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { setQuery, usePlace } from '../../app/navigation.ts';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Card } from '../../components/facts.tsx';
import { PageTitle } from '../../components/page-title.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useAction } from '../../components/use-action.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { CachedOrder } from './cached-order.tsx';
import { Invalidations } from './invalidations.tsx';
import { KeyList } from './key-list.tsx';
import { cacheTexts } from './texts.ts';

/** The tiers of the cache, what Redis holds, and what they forget, and how to make them. */
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
      <ScrollX label={t.tiers}>
        <table className="plain">
          <TableHead columns={[t.tier, [t.answered, 'num'], [t.share, 'num'], t.holds]} />
          <tbody>
            {rows.map(([name, hits, holds]) => (
              <tr key={name}>
                <td>{name}</td>
                <td className="num">{format.number(hits)}</td>
                <td className="num">{all === 0 ? '—' : `${format.number((hits / all) * 100, 1)} %`}</td>
                <td>{holds}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
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
