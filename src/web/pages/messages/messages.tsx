import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Message } from '../../../client/schema.generated.ts';
import { api, dataOf, hasMembers } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { useTail } from '../../api/streams.ts';
import { Link, setQuery, withQuery } from '../../app/navigation.tsx';
import { bytesText, headerTexts, prettyBytes } from '../../components/bytes.ts';
import { JsonText } from '../../components/json-text.tsx';
import { AppliedInput, Card, Facts, Instant } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { addressOf } from '../addresses.ts';
import { messagesTexts } from './texts.ts';

/** Messages, one a line; a click on the position opens one. */
export function MessageRows({ messages }: { readonly messages: readonly Message[] }) {
  const t = useTexts(messagesTexts);
  return (
    <Table
      label={t.list}
      columns={[t.position, t.time, t.key, t.meaning, [t.value, 'plain__wide']]}
      className="plain plain--fixed"
    >
      {messages.map(({ partition, offset, timestamp, key, value, meaning }) => {
        const position = `${partition}:${offset}`;
        return (
          <tr key={position}>
            <td>
              <Button size="compact-xs" variant="default" onClick={() => setQuery({ message: position }, {})}>
                {position}
              </Button>
            </td>
            <td>
              <Instant at={timestamp} timeOnly />
            </td>
            <td className="cut">
              <code>{bytesText(key)}</code>
            </td>
            <td className="cut">
              {meaning.kind === 'order' ? (
                <Link href={addressOf(meaning.order_uid)}>{t.order}</Link>
              ) : (
                <code>{meaning.reason}</code>
              )}
            </td>
            <td className="cut">
              <code>{bytesText(value)}</code>
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

/** One message in full. */
export function MessageCard({ topic, position }: { readonly topic: string; readonly position: string }) {
  const t = useTexts(messagesTexts);
  const format = useFormat();
  const { data, error } = useQuery({
    queryKey: ['message', topic, position],
    queryFn: ({ signal }) => {
      const params = { path: { topic, position } };
      return dataOf(api.GET('/api/v1/topics/{topic}/messages/{position}', { params, signal }));
    },
    refetchInterval: refetchEvery(),
  });
  return (
    <Card title={t.message(`${topic} ${position}`)}>
      <div className="stack">
        {error !== null && <ProblemAlert error={error} retries />}
        {data !== undefined && (
          <>
            <Facts
              facts={[
                [t.time, <Instant key="time" at={data.timestamp} />],
                [t.key, <code key="key">{bytesText(data.key)}</code>],
                [t.size, data.value_bytes === null ? '' : format.bytes(data.value_bytes)],
                ...headerTexts(data.headers),
              ]}
            />
            {data.meaning.kind === 'order' ? (
              <Link href={addressOf(data.meaning.order_uid)}>{t.order}</Link>
            ) : (
              <p className="bad">
                <code>{data.meaning.reason}</code> {data.meaning.detail}
              </p>
            )}
            <JsonText text={prettyBytes(data.value)} label={t.value} />
          </>
        )}
        <Button className="fit" size="xs" variant="default" onClick={() => setQuery({ message: undefined })}>
          {t.close}
        </Button>
      </div>
    </Card>
  );
}

/** The new messages of a topic; the last hundred are shown. */
export function Tail({ topic }: { readonly topic: string }) {
  const t = useTexts(messagesTexts);
  const [text, setText] = useState('');
  const query = new URLSearchParams({ value_bytes: '200', ...(text !== '' && { text }) });
  const url = withQuery(`/api/v1/topics/${encodeURIComponent(topic)}/tail`, query);
  const { items, leftOut, error } = useTail(url, 'message', isMessage);
  return (
    <Card title={t.tailing}>
      <div className="stack">
        <AppliedInput label={t.tailText} value={text} onApply={setText} />
        {error !== undefined && <ProblemAlert error={error} retries />}
        {leftOut > 0 && <p className="muted">{t.leftOut(leftOut)}</p>}
        {items.length === 0 ? <p className="empty">{t.waiting}</p> : <MessageRows messages={items} />}
      </div>
    </Card>
  );
}

const isMessage = hasMembers<Message>('meaning', 'offset');
