import { Alert, Button, NativeSelect, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery, usePages } from '../../api/queries.ts';
import { setQuery, usePlace } from '../../app/navigation.tsx';
import { Card, Instant, PageTitle } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { ShowMore } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { type MessageQuery, messageQueryOf } from '../addresses.ts';
import { Groups } from './groups.tsx';
import { MessageCard, MessageRows, Tail } from './messages.tsx';
import { messagesTexts } from './texts.ts';

/** The messages of a topic, old and new, and the consumer groups. */
export function MessagesPage() {
  const t = useTexts(messagesTexts);
  const { query } = usePlace();
  const topics = useQuery({
    queryKey: ['topics'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/topics', { signal })),
    refetchInterval: refetchEvery(10_000),
  });
  const names = topics.data?.topics.map(({ name }) => name) ?? [];
  const topic = query.get('topic') ?? names.find((name) => name.startsWith('orders')) ?? names[0];
  const partitions = topics.data?.topics.find(({ name }) => name === topic)?.partitions ?? 0;
  const open = query.get('message') ?? undefined;
  const tailing = query.get('tail') === 'on';
  const wanted = messageQueryOf(query);
  return (
    <>
      <PageTitle title={t.title} />
      {topics.error !== null && <ProblemAlert error={topics.error} retries />}
      {topic !== undefined && (
        <>
          <div className="row">
            <NativeSelect
              aria-label={t.topic}
              value={topic}
              onChange={(event) =>
                setQuery({ topic: event.currentTarget.value, message: undefined, offset: undefined })
              }
              data={names.includes(topic) ? names : [topic, ...names]}
            />
            <Switch
              label={t.tail}
              checked={tailing}
              onChange={(event) => setQuery({ tail: event.currentTarget.checked ? 'on' : undefined })}
            />
          </div>
          <Waiting topic={topic} />
          {!tailing && <Form key={String(query)} wanted={wanted} partitions={partitions} />}
          {open !== undefined && <MessageCard key={open} topic={topic} position={open} />}
          {tailing ? <Tail topic={topic} key={topic} /> : <Messages topic={topic} wanted={wanted} />}
        </>
      )}
      <Groups />
    </>
  );
}

function Messages({ topic, wanted }: { readonly topic: string; readonly wanted: MessageQuery }) {
  const t = useTexts(messagesTexts);
  const list = usePages(['messages', topic, wanted], (page, signal) => {
    const query = { ...wanted, limit: 50, value_bytes: 200, ...page };
    const params = { path: { topic }, query };
    return dataOf(api.GET('/api/v1/topics/{topic}/messages', { params, signal }));
  });
  const messages = list.data?.pages.flatMap((page) => page.messages) ?? [];
  return (
    <Card title={t.list}>
      <div className="stack">
        {list.error !== null && <ProblemAlert error={list.error} retries />}
        {messages.length > 0 && <MessageRows messages={messages} />}
        {list.data?.pages.at(-1)?.next_cursor === null && messages.length === 0 && <p className="empty">{t.none}</p>}
        {list.data?.pages.at(-1)?.cut === true && <p className="muted">{t.cut}</p>}
        <ShowMore list={list} />
      </div>
    </Card>
  );
}

function Form({ wanted, partitions }: { readonly wanted: MessageQuery; readonly partitions: number }) {
  const t = useTexts(messagesTexts);
  const [partition, setPartition] = useState(String(wanted.partition ?? ''));
  const [offset, setOffset] = useState(String(wanted.offset ?? ''));
  const [at, setAt] = useState(wanted.at ?? '');
  const [key, setKey] = useState(wanted.key ?? '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setQuery({ partition, offset, at, key }, {});
  };
  return (
    <form className="fields" onSubmit={submit}>
      <NativeSelect
        label={t.partition}
        value={partition}
        onChange={(event) => setPartition(event.currentTarget.value)}
        data={[
          { value: '', label: t.allPartitions },
          ...Array.from({ length: partitions }, (_, number) => String(number)),
        ]}
      />
      <TextInput
        label={t.offset}
        value={offset}
        inputMode="numeric"
        disabled={partition === ''}
        onChange={(event) => setOffset(event.currentTarget.value)}
      />
      <TextInput label={t.at} value={at} onChange={(event) => setAt(event.currentTarget.value)} />
      <TextInput label={t.key} value={key} onChange={(event) => setKey(event.currentTarget.value)} />
      <Button type="submit" variant="default">
        {t.search}
      </Button>
    </form>
  );
}

/** The messages of a topic that wait behind open transactions: in which partitions, and behind whose. */
export function Waiting({ topic }: { readonly topic: string }) {
  const t = useTexts(messagesTexts);
  const format = useFormat();
  const { data } = useQuery({
    queryKey: ['topic', topic],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/topics/{topic}', { params: { path: { topic } }, signal })),
    refetchInterval: refetchEvery(5_000),
  });
  if (data === undefined || !data.pending) return undefined;
  return (
    <Alert color="yellow" variant="light" title={t.pendingTitle(data.pending)}>
      <p>{t.pendingHint}</p>
      <ul>
        {data.partition_details
          .filter(({ end, stable_end: stable }) => end > stable)
          .map(({ partition, end, stable_end: stable }) => (
            <li key={partition}>
              {t.pendingIn(partition, format.number(end - stable), stable)}
              {data.open_transactions
                .filter((one) => one.partition === partition)
                .map((one) => (
                  <span key={one.producer_id}>
                    {one.transactional_id === null
                      ? t.hangingOf(one.producer_id)
                      : t.transactionOf(one.transactional_id, one.producer_id)}
                    {one.started_at !== null && (
                      <>
                        {t.since} <Instant at={one.started_at} />
                      </>
                    )}
                    {one.timeout_ms !== null && t.abortedAfter(format.span(one.timeout_ms))}
                  </span>
                ))}
            </li>
          ))}
      </ul>
    </Alert>
  );
}
