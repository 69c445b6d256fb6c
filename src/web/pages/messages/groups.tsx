import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Card } from '../../components/facts.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { messagesTexts } from './texts.ts';

const MOST = 20;

/** Who reads, and how far behind they are. */
export function Groups() {
  const t = useTexts(messagesTexts);
  const { data } = useQuery({
    queryKey: ['groups'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/consumer-groups', { signal })),
    refetchInterval: refetchEvery(5_000),
  });
  if (data === undefined || data.groups.length === 0) return null;
  return (
    <Card title={t.groups}>
      <ScrollX label={t.groups}>
        <table className="plain">
          <TableHead columns={[t.group, t.state, [t.members, 'num'], [t.lag, 'num']]} />
          <tbody>
            {data.groups.slice(0, MOST).map(({ group, state, members }) => (
              <tr key={group}>
                <td>{group}</td>
                <td>{state}</td>
                <td className="num">{members}</td>
                <td className="num">
                  <Lag group={group} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </Card>
  );
}

function Lag({ group }: { readonly group: string }) {
  const format = useFormat();
  const { data } = useQuery({
    queryKey: ['group', group],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/consumer-groups/{group}', { params: { path: { group } }, signal })),
    refetchInterval: refetchEvery(5_000),
  });
  return data === undefined ? '—' : format.number(data.lag);
}
