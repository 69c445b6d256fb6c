import { Button } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Message } from '../../../client/schema.generated.ts';
import { api, dataOf, hasMembers } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { useTail } from '../../api/streams.ts';
import { Link, setQuery, usePlace, withQuery } from '../../app/navigation.tsx';
import { bytesText, headerTexts, prettyBytes } from '../../components/bytes.ts';
import { Detail } from '../../components/detail.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { Card, Facts, Instant } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { useWording } from '../../i18n/use-wording.ts';
import { addressOf, letterAddress, letterOfMessage, type MessageQuery, positionIn } from '../addresses.ts';
import { columnsOf, PICKED_BYTES, pick } from './columns.ts';
import { MessageTools } from './message-tools.tsx';
import { SendAgain } from './send-again.tsx';
import { messagesTexts } from './texts.ts';

/** Messages, one a line; a click on the position opens one. */
export function MessageRows({ messages }: { readonly messages: readonly Message[] }) {
  const t = useTexts(messagesTexts);
  const { query } = usePlace();
  const open = positionIn(query, 'message');
  const columns = columnsOf(query);
  return (
    <Table
      label={t.list}
      columns={[
        t.position,
        t.time,
        t.key,
        t.meaning,
        ...(columns.length > 0 ? columns : [[t.value, 'plain__wide'] as const]),
      ]}
      className="plain plain--fixed plain--flows"
    >
      {messages.map((message) => {
        const { timestamp, key, value, meaning } = message;
        const position = positionOf(message);
        return (
          <tr key={position}>
            <td>
              <Button
                size="compact-xs"
                variant={position === open ? 'filled' : 'default'}
                data-row={position}
                onClick={() => setQuery({ message: position, produce: undefined }, {})}
              >
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
              <MeaningLink meaning={meaning} position={position} />
            </td>
            {columns.length > 0 ? (
              pick(value, columns).map((text, at) => (
                <td className="cut" key={columns[at]}>
                  {text}
                </td>
              ))
            ) : (
              <td className="cut plain__line">
                <code>{bytesText(value)}</code>
              </td>
            )}
          </tr>
        );
      })}
    </Table>
  );
}

/** Leads to the order, or to the dead letter; of another topic’s messages neither need exist. */
function MeaningLink({ meaning, position }: { readonly meaning: Message['meaning']; readonly position: string }) {
  const t = useTexts(messagesTexts);
  const words = useWording();
  if (meaning.kind === 'order') return <Link href={addressOf(meaning.order_uid)}>{t.order}</Link>;
  const address = meaning.kind === 'dead_letter' ? letterAddress(position) : letterOfMessage(position);
  return (
    <Link href={address} title={meaning.reason}>
      {words.reason(meaning.reason)}
    </Link>
  );
}

interface MessageDetailProps {
  readonly topic: string;
  readonly messages: readonly Message[];
}

/** The message that the address names, beside these. */
export function MessageDetail({ topic, messages }: MessageDetailProps) {
  const t = useTexts(messagesTexts);
  const { query } = usePlace();
  const open = positionIn(query, 'message');
  if (open === undefined) return null;
  return (
    <Detail
      title={t.message(`${topic} ${open}`)}
      open={open}
      rows={messages.map(positionOf)}
      onOpen={(message) => setQuery({ message })}
      onClose={() => setQuery({ message: undefined })}
    >
      <MessageContent key={open} topic={topic} position={open} />
    </Detail>
  );
}

function positionOf({ partition, offset }: Message): string {
  return `${partition}:${offset}`;
}

function MessageContent({ topic, position }: { readonly topic: string; readonly position: string }) {
  const t = useTexts(messagesTexts);
  const format = useFormat();
  const words = useWording();
  const { data, error } = useQuery({
    queryKey: ['message', topic, position],
    queryFn: ({ signal }) => {
      const params = { path: { topic, position } };
      return dataOf(api.GET('/api/v1/topics/{topic}/messages/{position}', { params, signal }));
    },
    refetchInterval: refetchEvery(),
  });
  return (
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
          <p>
            <MeaningLink meaning={data.meaning} position={position} />{' '}
            {data.meaning.kind !== 'order' && <span className="bad">{words.detail(data.meaning.detail)}</span>}
          </p>
          <SendAgain topic={topic} message={data} />
          <JsonText text={prettyBytes(data.value)} label={t.value} />
        </>
      )}
    </div>
  );
}

interface TailProps {
  readonly topic: string;
  readonly wanted: MessageQuery;
}

/** The new messages of a topic; the last hundred are shown. While it pauses, they stay. */
export function Tail({ topic, wanted: { partition, key, text, json } }: TailProps) {
  const t = useTexts(messagesTexts);
  const [pauses, setPauses] = useState(false);
  const columns = columnsOf(usePlace().query);
  const given = Object.entries({ partition, key, text, json }).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  query.set('value_bytes', String(columns.length > 0 ? PICKED_BYTES : 200));
  const url = withQuery(`/api/v1/topics/${encodeURIComponent(topic)}/tail`, query);
  const { items, leftOut, error } = useTail(pauses ? undefined : url, 'message', isMessage);
  return (
    <Card title={t.tailing}>
      <div className="stack">
        <div className="row">
          <Button
            size="xs"
            variant="default"
            leftSection={pauses ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
            onClick={() => setPauses(!pauses)}
          >
            {pauses ? t.resume : t.pause}
          </Button>
          <MessageTools topic={topic} messages={items} />
        </div>
        {error !== undefined && <ProblemAlert error={error} retries />}
        {leftOut > 0 && <p className="muted">{t.leftOut(leftOut)}</p>}
        {items.length === 0 ? <p className="empty">{t.waiting}</p> : <MessageRows messages={items} />}
        <MessageDetail topic={topic} messages={items} />
      </div>
    </Card>
  );
}

const isMessage = hasMembers<Message>('meaning', 'offset');
