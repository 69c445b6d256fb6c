import { Button, NativeSelect, Switch } from '@mantine/core';
import { IconRefresh, IconSend } from '@tabler/icons-react';
import { api, dataOf } from '../../api/client.ts';
import { usePages } from '../../api/queries.ts';
import { Link, setQuery, usePlace } from '../../app/navigation.tsx';
import { Detail } from '../../components/detail.tsx';
import { Card, Empty, PageTitle, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ShowMore } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { type MessageQuery, messageQueryOf, positionIn, topicAddress } from '../addresses.ts';
import { Groups } from '../groups/groups.tsx';
import { topicsTexts } from '../topics/texts.ts';
import { chooseTopic, useTopic, useTopics } from '../topics/topics.ts';
import { Waiting } from '../topics/waiting.tsx';
import { columnsOf, PICKED_BYTES } from './columns.ts';
import { MessageForm } from './message-form.tsx';
import { MessageTools } from './message-tools.tsx';
import { MessageDetail, MessageRows, Tail } from './messages.tsx';
import { ProduceForm } from './produce.tsx';
import { produceTexts } from './produce-texts.ts';
import { messagesTexts } from './texts.ts';

/** The messages of a topic, old and new, and the consumer groups. */
export function MessagesPage() {
  const t = useTexts(messagesTexts);
  const { query } = usePlace();
  const producing = useTexts(produceTexts);
  const { topics, error, of } = useTopics();
  const names = topics.map(({ name }) => name);
  const topic = query.get('topic') ?? topics.find(({ use }) => use === 'orders')?.name ?? names[0];
  const partitions = (topic && of(topic)?.partitions) || 0;
  const tailing = query.get('tail') === 'on';
  const wanted = messageQueryOf(query);
  return (
    <>
      <PageTitle title={t.title}>
        <Button
          className="page-title__end"
          variant="default"
          leftSection={<IconSend size={16} aria-hidden />}
          onClick={() => setQuery({ produce: 'on', message: undefined }, {})}
        >
          {producing.produce}
        </Button>
      </PageTitle>
      {error !== null && <ProblemAlert error={error} retries />}
      {topic !== undefined && (
        <>
          <div className="row">
            <NativeSelect
              aria-label={t.topic}
              value={topic}
              onChange={(event) => chooseTopic(event.currentTarget.value)}
              data={names.includes(topic) ? names : [topic, ...names]}
            />
            <Switch
              label={t.tail}
              checked={tailing}
              onChange={(event) => setQuery({ tail: event.currentTarget.checked ? 'on' : undefined })}
            />
          </div>
          <TopicLine topic={topic} />
          <MessageForm
            key={`${topic} ${tailing} ${JSON.stringify(wanted)}`}
            wanted={wanted}
            partitions={partitions}
            tails={tailing}
          />
          {tailing ? <Tail topic={topic} wanted={wanted} key={topic} /> : <Messages topic={topic} wanted={wanted} />}
          {query.get('produce') === 'on' && positionIn(query, 'message') === undefined && (
            <Detail
              title={producing.produce}
              open="produce"
              rows={[]}
              onOpen={() => {}}
              onClose={() => setQuery({ produce: undefined })}
            >
              <ProduceForm key={topic} topic={topic} />
            </Detail>
          )}
        </>
      )}
      <Groups />
    </>
  );
}

function Messages({ topic, wanted }: { readonly topic: string; readonly wanted: MessageQuery }) {
  const t = useTexts(messagesTexts);
  const columns = columnsOf(usePlace().query);
  const list = usePages(['messages', topic, wanted, columns.length > 0], (page, signal) => {
    // What is cut has no JSON to pick columns from.
    const query = { ...wanted, limit: 50, value_bytes: columns.length > 0 ? PICKED_BYTES : 200, ...page };
    const params = { path: { topic }, query };
    return dataOf(api.GET('/api/v1/topics/{topic}/messages', { params, signal }));
  });
  const messages = list.data?.pages.flatMap((page) => page.messages) ?? [];
  return (
    <Card title={t.list}>
      <div className="stack">
        <div className="row">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={14} aria-hidden />}
            loading={list.isFetching}
            onClick={() => void list.refetch()}
          >
            {t.refresh}
          </Button>
          <MessageTools topic={topic} messages={messages} />
        </div>
        {list.error !== null && <ProblemAlert error={list.error} retries />}
        {list.isPending && <Skeleton rows={12} />}
        {messages.length > 0 && <MessageRows messages={messages} />}
        {list.data?.pages.at(-1)?.next_cursor === null && messages.length === 0 && (
          <Empty title={t.none} hint={t.noneHint} actions={[[t.toGenerator, '/generator']]} />
        )}
        {list.data?.pages.at(-1)?.cut === true && <p className="muted">{t.cut}</p>}
        <ShowMore list={list} />
        <MessageDetail topic={topic} messages={messages} />
      </div>
    </Card>
  );
}

/** How much a topic holds, what of it can't be read yet, and the way to its page. */
function TopicLine({ topic }: { readonly topic: string }) {
  const t = useTexts(topicsTexts);
  const format = useFormat();
  const { data } = useTopic(topic);
  return (
    <>
      {data !== undefined && <Waiting detail={data} />}
      <p className="muted">
        {data !== undefined &&
          `${t.about(data.partition_details.length, data.messages === null ? '—' : format.number(data.messages))} · `}
        <Link href={topicAddress(topic)}>{t.aboutTopic}</Link>
      </p>
    </>
  );
}
