import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { setQuery } from '../../app/navigation.ts';
import { Card } from '../../components/facts.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { ShowMore } from '../../components/show-more.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { cacheTexts } from './texts.ts';

/** The orders and leases in Redis. */
export function KeyList() {
  const t = useTexts(cacheTexts);
  const format = useFormat();
  const list = useInfiniteQuery({
    queryKey: ['cache', 'keys'],
    queryFn: ({ pageParam, signal }) => {
      const query = pageParam === null ? {} : { cursor: pageParam };
      return dataOf(api.GET('/api/v1/cache/keys', { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: refetchEvery(),
  });
  const keys = list.data?.pages.flatMap((page) => page.keys) ?? [];
  return (
    <Card title={t.list}>
      {list.error !== null && <ProblemAlert error={list.error} retries />}
      {keys.length === 0 && list.data !== undefined && !list.hasNextPage && <p className="empty">{t.none}</p>}
      {keys.length > 0 && (
        <ScrollX label={t.list}>
          <table className="plain">
            <TableHead columns={[t.uid, t.kind, [t.ttl, 'num'], [t.size, 'num']]} />
            <tbody>
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
            </tbody>
          </table>
        </ScrollX>
      )}
      <ShowMore list={list} />
    </Card>
  );
}
