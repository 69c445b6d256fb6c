import { useQuery } from '@tanstack/react-query';
import type { ConsumerGroupDetail } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Card, Facts, PageTitle } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { TopicLink } from '../links.tsx';
import { IgnoredMoves } from './groups.tsx';
import { OffsetReset } from './offset-reset.tsx';
import { groupsTexts } from './texts.ts';

/** A consumer group: who keeps it, who is in it, how far it is; and a reset of its offsets. */
export function GroupPage({ group }: { readonly group: string }) {
  const t = useTexts(groupsTexts);
  const format = useFormat();
  const { data, error } = useQuery({
    queryKey: ['groups', 'one', group],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/consumer-groups/{group}', { params: { path: { group } }, signal })),
    refetchInterval: refetchEvery(3_000),
  });
  return (
    <>
      <PageTitle title={t.title(group)} />
      {error !== null && <ProblemAlert error={error} retries />}
      {data !== undefined && (
        <>
          <IgnoredMoves ignored={data.ignored} />
          <Card title={t.group}>
            <Facts
              facts={[
                [t.use, data.own ? t.own : ''],
                [t.state, t.states[data.state] ?? data.state],
                [t.coordinator, t.broker(data.coordinator.broker, data.coordinator.address)],
                [t.protocol, [data.protocol_type, data.protocol].filter((one) => one !== '').join(', ')],
                [t.lag, format.number(data.lag)],
                [t.pending, data.pending > 0 ? format.number(data.pending) : ''],
              ]}
            />
          </Card>
          <Members members={data.members} />
          <Offsets partitions={data.partitions} />
          <OffsetReset group={data} />
        </>
      )}
    </>
  );
}

function Members({ members }: Pick<ConsumerGroupDetail, 'members'>) {
  const t = useTexts(groupsTexts);
  return (
    <Card title={t.members}>
      {members.length === 0 ? (
        <p className="empty">{t.noMembers}</p>
      ) : (
        <Table label={t.members} columns={[t.member, t.memberId, t.host, t.assigned]}>
          {members.map(({ member_id, client_id, host, assigned }) => (
            <tr key={member_id}>
              <td>{client_id}</td>
              <td>
                <code>{member_id}</code>
              </td>
              <td>{host}</td>
              <td>
                {Object.entries(assigned).map(([topic, partitions]) => (
                  <div key={topic}>
                    <TopicLink topic={topic} />: {partitions.join(', ')}
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Offsets({ partitions }: Pick<ConsumerGroupDetail, 'partitions'>) {
  const t = useTexts(groupsTexts);
  const format = useFormat();
  const offset = (value: number | null) => (value === null ? '—' : format.number(value));
  const hasStored = partitions.some(({ stored }) => stored !== null);
  return (
    <Card title={t.offsets}>
      <div className="stack">
        {hasStored && <p className="muted">{t.storedCounts}</p>}
        <Table
          label={t.offsets}
          columns={[
            t.topic,
            t.partition,
            [t.committed, 'num'],
            ...(hasStored ? [[t.stored, 'num'] as const] : []),
            [t.end, 'num'],
            [t.lag, 'num'],
          ]}
        >
          {partitions.map(({ topic, partition, committed, stored, end, lag }) => (
            <tr key={`${topic} ${partition}`}>
              <td>
                <TopicLink topic={topic} />
              </td>
              <td>{partition}</td>
              <td className="num">{offset(committed)}</td>
              {hasStored && <td className="num">{offset(stored)}</td>}
              <td className="num">{offset(end)}</td>
              <td className="num">{offset(lag)}</td>
            </tr>
          ))}
        </Table>
      </div>
    </Card>
  );
}
