import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { OrderHistory, OrderVersion } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Link } from '../../app/navigation.tsx';
import { Card, Instant, Skeleton } from '../../components/page.tsx';
import { ProblemAlert, RejectionText } from '../../components/problem-alert.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { letterOfMessage, messageAddress } from '../addresses.ts';
import { TopicLink } from '../links.tsx';
import { lifeTexts } from './life-texts.ts';
import { StatusCode } from './receipt.tsx';
import { StateBadge } from './states.tsx';
import { orderTexts } from './texts.ts';

/** The versions of an order, read from Kafka; `version` changes when another one is stored. */
export function History({ uid, version }: { readonly uid: string; readonly version: string }) {
  const t = useTexts(lifeTexts);
  const [thorough, setThorough] = useState(false);
  const { data, error, isFetching } = useQuery({
    queryKey: ['history', uid, version, thorough],
    queryFn: ({ signal }) => {
      const params = { path: { order_uid: uid }, query: { thorough } };
      return dataOf(api.GET('/api/v1/orders/{order_uid}/history', { params, signal }));
    },
    refetchInterval: refetchEvery(),
    placeholderData: (last) => last,
  });
  return (
    <Card title={t.history} className="life">
      {error !== null && <ProblemAlert error={error} retries />}
      {data === undefined && error === null && <Skeleton rows={4} />}
      {data !== undefined && (
        <>
          {data.versions.length === 0 && <p className="empty">{t.none}</p>}
          <ol className="life__versions">
            {data.versions.map((one, at) => (
              <Version
                key={`${one.partition}:${one.offset}`}
                version={one}
                before={data.versions[at - 1]}
                topic={data.topic}
              />
            ))}
          </ol>
          <Searched history={data} />
          {!thorough && !wasWhole(data) && (
            <Button size="xs" variant="default" loading={isFetching} onClick={() => setThorough(true)}>
              {t.further}
            </Button>
          )}
        </>
      )}
    </Card>
  );
}

interface VersionProps {
  readonly version: OrderVersion;
  readonly before: OrderVersion | undefined;
  readonly topic: string;
}

function Version({ version, before, topic }: VersionProps) {
  const t = useTexts(lifeTexts);
  const { later } = useTexts(orderTexts);
  const format = useFormat();
  const { kind, state, current, changes = [], changes_left_out = 0, reason, detail, replays = 0 } = version;
  const position = `${version.partition}:${version.offset}`;
  return (
    <li className={`life__version life__version--${kind}`} aria-current={current ? 'step' : undefined}>
      <div className="row">
        {state !== undefined && <StateBadge state={state} />}
        <b>{t.kinds[kind]}</b>
        {current && <span className="life__current">{t.current}</span>}
        <Instant at={version.timestamp} />
        {before !== undefined && (
          <span className="muted">
            {later(format.span(Date.parse(version.timestamp) - Date.parse(before.timestamp)))}
          </span>
        )}
        <Link href={messageAddress(topic, position)}>{position}</Link>
        {replays > 0 && <span className="muted">{t.replays(replays)}</span>}
        {kind === 'rejected' && <Link href={letterOfMessage(position)}>{t.letter}</Link>}
      </div>
      {reason !== undefined && (
        <p>
          <RejectionText reason={reason} detail={detail ?? ''} />
        </p>
      )}
      {changes.length > 0 && (
        <ul className="life__changes">
          {changes.map(({ pointer, from, to }) => (
            <li key={pointer}>
              <code>{pointer}</code> <Value pointer={pointer} value={from} /> → <Value pointer={pointer} value={to} />
            </li>
          ))}
          {changes_left_out > 0 && <li className="muted">{t.changesLeftOut(changes_left_out)}</li>}
        </ul>
      )}
    </li>
  );
}

type ChangedValue = NonNullable<OrderVersion['changes']>[number]['from'];

/** A value; an item by its name, a status code with the name of its state. */
function Value({ pointer, value }: { readonly pointer: string; readonly value: ChangedValue }) {
  const t = useTexts(lifeTexts);
  if (value === null) return <span className="muted">{t.nothing}</span>;
  if (typeof value === 'object') return <span>{value.name}</span>;
  if (typeof value === 'number' && /^\/items\/\d+\/status$/.test(pointer)) return <StatusCode code={value} />;
  return <span>{value === '' ? '""' : value}</span>;
}

/** How much of the log was looked at, and what may be missing. */
function Searched({ history }: { readonly history: OrderHistory }) {
  const t = useTexts(lifeTexts);
  const { topic, searched, partitions, stopped, compacted } = history;
  const offsets = searched.reduce((sum, { from, to }) => sum + to - from, 0);
  const begins = searched.some(({ from, log_start }) => from === log_start && log_start > 0);
  return (
    <p className="muted">
      {t.searched(offsets)} {t.ofPartitions(searched.length, partitions)} {t.ofTopic} <TopicLink topic={topic} />.{' '}
      {stopped !== null && `${t.stopped[stopped]} `}
      {begins && `${t.begins} `}
      {compacted === true && t.compacted}
    </p>
  );
}

function wasWhole({ searched, partitions }: OrderHistory): boolean {
  return (
    searched.length === partitions &&
    searched.every(({ from, to, log_start, log_end }) => from <= log_start && to >= log_end)
  );
}
