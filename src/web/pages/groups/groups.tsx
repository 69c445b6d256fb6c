import { Alert } from '@mantine/core';
import { api, dataOf } from '../../api/client.ts';
import { usePages } from '../../api/queries.ts';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { AppliedInput, Card, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ShowMore, Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { GroupLink } from '../links.tsx';
import { groupsTexts } from './texts.ts';

/** The consumer groups and their lag: all, or those whose names contain the text in the address. */
export function Groups() {
  const t = useTexts(groupsTexts);
  const format = useFormat();
  const { query } = usePlace();
  const text = query.get('groups') ?? '';
  const list = usePages(
    ['groups', text],
    (page, signal) => {
      const query = { ...(text !== '' && { text }), ...page };
      return dataOf(api.GET('/api/v1/consumer-groups', { params: { query }, signal }));
    },
    { everyMs: 5_000, keepsLast: true },
  );
  const groups = list.data?.pages.flatMap((page) => page.groups) ?? [];
  const total = list.data?.pages[0]?.total ?? 0;
  return (
    <Card title={t.groups}>
      <div className="stack">
        <div className="fields">
          <AppliedInput label={t.groupText} value={text} onApply={(typed) => setQuery({ groups: typed.trim() })} />
        </div>
        {list.error !== null && <ProblemAlert error={list.error} retries />}
        {list.data !== undefined && <p className="muted">{t.groupsShown(groups.length, total)}</p>}
        {list.isPending && <Skeleton rows={4} />}
        <IgnoredMoves ignored={groups.find(({ own }) => own)?.ignored ?? 0} />
        {groups.length > 0 && (
          <Table label={t.groups} columns={[t.group, t.state, [t.members, 'num'], [t.lag, 'num'], [t.pending, 'num']]}>
            {groups.map(({ group, state, members, lag, pending }) => (
              <tr key={group}>
                <td>
                  <GroupLink group={group} />
                </td>
                <td>{t.states[state] ?? state}</td>
                <td className="num">{format.number(members)}</td>
                <td className="num">{format.number(lag)}</td>
                <td className="num">{format.number(pending)}</td>
              </tr>
            ))}
          </Table>
        )}
        <ShowMore list={list} />
      </div>
    </Card>
  );
}

/** Says of the service's own group that offsets were changed in Kafka, which has no effect; `ignored` partitions. */
export function IgnoredMoves({ ignored }: { readonly ignored: number }) {
  const t = useTexts(groupsTexts);
  if (ignored === 0) return null;
  return (
    <Alert color="yellow" variant="light">
      {t.ignored(ignored)}
    </Alert>
  );
}
