import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Instant } from '../../components/instant.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { messagesTexts } from './texts.ts';

/** What of a topic waits behind open transactions, in which partitions, and whose they are. */
export function Waiting({ topic }: { readonly topic: string }) {
  const t = useTexts(messagesTexts);
  const format = useFormat();
  const { data } = useQuery({
    queryKey: ['topic', topic],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/topics/{topic}', { params: { path: { topic } }, signal })),
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
