import { TextInput } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { setQuery, usePlace } from '../../app/navigation.ts';
import { Card } from '../../components/facts.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { ShowMore } from '../../components/show-more.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { OffsetReset } from './offset-reset.tsx';
import { messagesTexts } from './texts.ts';

/** Who reads, and how far behind they are: all groups, or those whose names have what the address says. */
export function Groups() {
  const t = useTexts(messagesTexts);
  const format = useFormat();
  const { query } = usePlace();
  const text = query.get('groups') ?? '';
  const [typed, setTyped] = useState(text);
  const list = useInfiniteQuery({
    queryKey: ['groups', text],
    queryFn: ({ pageParam, signal }) => {
      const asked = { ...(text !== '' && { text }), ...(pageParam !== null && { cursor: pageParam }) };
      return dataOf(api.GET('/api/v1/consumer-groups', { params: { query: asked }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    refetchInterval: refetchEvery(5_000),
    placeholderData: keepPreviousData,
  });
  const groups = list.data?.pages.flatMap((page) => page.groups) ?? [];
  const own = groups.find((one) => one.own);
  const total = list.data?.pages[0]?.total ?? 0;
  return (
    <Card title={t.groups}>
      <div className="stack">
        <form
          className="fields"
          onSubmit={(event) => {
            event.preventDefault();
            setQuery({ groups: typed.trim() });
          }}
        >
          <TextInput
            label={t.groupText}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onBlur={() => setQuery({ groups: typed.trim() })}
          />
        </form>
        {list.error !== null && <ProblemAlert error={list.error} retries />}
        {list.data !== undefined && <p className="muted">{t.groupsShown(groups.length, total)}</p>}
        {own !== undefined && <OffsetReset group={own.group} ignored={own.ignored} />}
        {groups.length > 0 && (
          <ScrollX label={t.groups}>
            <table className="plain">
              <TableHead
                columns={[t.group, t.state, [t.members, 'num'], [t.lag, 'num'], [t.pending, 'num']]}
              />
              <tbody>
                {groups.map(({ group, state, members, lag, pending }) => (
                  <tr key={group}>
                    <td>{group}</td>
                    <td>{state}</td>
                    <td className="num">{format.number(members)}</td>
                    <td className="num">{format.number(lag)}</td>
                    <td className="num">{format.number(pending)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollX>
        )}
        <ShowMore list={list} />
      </div>
    </Card>
  );
}
