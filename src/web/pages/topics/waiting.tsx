import { Alert } from '@mantine/core';
import type { TopicDetail } from '../../../client/schema.generated.ts';
import { Instant } from '../../components/page.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { topicsTexts } from './texts.ts';

/** The messages of a topic that wait behind open transactions: in which partitions, and behind whose. */
export function Waiting({ detail }: { readonly detail: TopicDetail }) {
  const t = useTexts(topicsTexts);
  const format = useFormat();
  if (!detail.pending) return null;
  return (
    <Alert color="yellow" variant="light" title={t.pendingTitle(detail.pending)}>
      <p>{t.pendingHint}</p>
      <ul>
        {detail.partition_details
          .filter(({ end, stable_end: stable }) => end > stable)
          .map(({ partition, end, stable_end: stable }) => (
            <li key={partition}>
              {t.pendingIn(partition, format.number(end - stable), stable)}
              {detail.open_transactions
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
