import { Button } from '@mantine/core';
import { useState } from 'react';
import type { TopicDetail } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { usePages } from '../../api/queries.ts';
import { Link, withQuery } from '../../app/navigation.tsx';
import { Card, Facts, PageTitle } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ShowMore, Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { groupsTexts } from '../groups/texts.ts';
import { GroupLink } from '../links.tsx';
import { topicsTexts } from './texts.ts';
import { useTopic } from './topics.ts';
import { Waiting } from './waiting.tsx';

/** A topic: what it holds and where, who reads it, its settings. */
export function TopicPage({ topic }: { readonly topic: string }) {
  const t = useTexts(topicsTexts);
  const { data, error } = useTopic(topic);
  const messages = (more: Readonly<Record<string, string>> = {}) =>
    withQuery('/messages', new URLSearchParams({ topic, ...more }));
  return (
    <>
      <PageTitle title={t.title(topic)}>
        <span className="row page-title__end">
          <Link href={messages()}>{t.messages}</Link>
          <Link href={messages({ produce: 'on' })}>{t.produce}</Link>
        </span>
      </PageTitle>
      {error !== null && <ProblemAlert error={error} retries />}
      {data !== undefined && (
        <>
          <Waiting detail={data} />
          <Summary detail={data} />
          <Partitions detail={data} />
          <Readers topic={topic} />
          <Settings detail={data} />
        </>
      )}
    </>
  );
}

function Summary({ detail }: { readonly detail: TopicDetail }) {
  const t = useTexts(topicsTexts);
  const format = useFormat();
  const { use, messages, replication_factor: replicas, topic_id: id, partition_details: partitions } = detail;
  const sizes = partitions.map(({ bytes }) => bytes).filter((bytes) => bytes !== null);
  return (
    <Card title={t.aboutTopic}>
      <Facts
        facts={[
          [t.use, use && t.uses[use]],
          [t.count, messages === null ? '' : format.number(messages)],
          [t.size, sizes.length === 0 ? '' : format.bytes(sizes.reduce((sum, bytes) => sum + bytes, 0))],
          [t.replicas, replicas],
          [t.id, <code key="id">{id}</code>],
        ]}
      />
    </Card>
  );
}

function Partitions({ detail: { partition_details: partitions } }: { readonly detail: TopicDetail }) {
  const t = useTexts(topicsTexts);
  const format = useFormat();
  return (
    <Card title={t.partitions}>
      <Table
        label={t.partitions}
        columns={[
          t.partition,
          [t.start, 'num'],
          [t.end, 'num'],
          [t.held, 'num'],
          [t.bytes, 'num'],
          t.leader,
          t.replicaList,
          t.inSync,
        ]}
      >
        {partitions.map(({ partition, start, end, bytes, leader, replicas, in_sync_replicas: inSync }) => (
          <tr key={partition}>
            <td>{partition}</td>
            <td className="num">{format.number(start)}</td>
            <td className="num">{format.number(end)}</td>
            <td className="num">{format.number(end - start)}</td>
            <td className="num">{bytes === null ? '—' : format.bytes(bytes)}</td>
            <td className={leader === null ? 'bad' : ''}>{leader ?? '—'}</td>
            <td>{replicas.join(', ')}</td>
            <td className={inSync.length < replicas.length ? 'bad' : ''}>{inSync.join(', ') || '—'}</td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

/** The groups that read the topic. Kafka has no list of them: all groups are looked at, 200 at a time. */
function Readers({ topic }: { readonly topic: string }) {
  const t = useTexts(topicsTexts);
  const ofGroups = useTexts(groupsTexts);
  const format = useFormat();
  const list = usePages(
    ['groups', 'of', topic],
    (page, signal) => {
      const query = { topic, limit: 200, ...page };
      return dataOf(api.GET('/api/v1/consumer-groups', { params: { query }, signal }));
    },
    { everyMs: 5_000 },
  );
  const groups = list.data?.pages.flatMap((page) => page.groups) ?? [];
  return (
    <Card title={t.groups}>
      <div className="stack">
        {list.error !== null && <ProblemAlert error={list.error} retries />}
        {groups.length > 0 && (
          <Table label={t.groups} columns={[ofGroups.group, ofGroups.state, [t.lag, 'num']]}>
            {groups.map(({ group, state, lag }) => (
              <tr key={group}>
                <td>
                  <GroupLink group={group} />
                </td>
                <td>{ofGroups.states[state] ?? state}</td>
                <td className="num">{format.number(lag)}</td>
              </tr>
            ))}
          </Table>
        )}
        {list.data !== undefined && groups.length === 0 && !list.hasNextPage && <p className="empty">{t.noGroups}</p>}
        <ShowMore list={list} />
      </div>
    </Card>
  );
}

const SOURCES = ['topic', 'broker', 'default'] as const;

/** What differs from Kafka’s defaults comes first; the defaults on request. */
function Settings({ detail: { settings } }: { readonly detail: TopicDetail }) {
  const t = useTexts(topicsTexts);
  const [showsDefaults, setShowsDefaults] = useState(false);
  const sources = showsDefaults ? SOURCES : SOURCES.slice(0, 2);
  const shown = sources.flatMap((source) => settings.filter((one) => one.source === source));
  const left = settings.length - shown.length;
  return (
    <Card title={t.settings}>
      <div className="stack">
        {shown.length > 0 && (
          <Table label={t.settings} columns={[t.setting, t.value, t.source]}>
            {shown.map(({ name, value, source }) => (
              <tr key={name}>
                <td>
                  <code>{name}</code>
                </td>
                <td>
                  <code>{value === '' ? '""' : (value ?? '—')}</code>
                </td>
                <td className={source === 'default' ? 'muted' : ''}>{t.sources[source]}</td>
              </tr>
            ))}
          </Table>
        )}
        {left > 0 && (
          <Button size="xs" variant="default" className="fit" onClick={() => setShowsDefaults(true)}>
            {t.showDefaults(left)}
          </Button>
        )}
      </div>
    </Card>
  );
}
