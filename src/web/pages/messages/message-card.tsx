import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { Link } from '../../app/link.tsx';
import { setQuery } from '../../app/navigation.ts';
import { bytesText, headerTexts, prettyBytes } from '../../components/bytes.ts';
import { Card, Facts } from '../../components/facts.tsx';
import { Instant } from '../../components/instant.tsx';
import { JsonText } from '../../components/json-text.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { addressOf } from '../orders/address.ts';
import { messagesTexts } from './texts.ts';

/** One message, whole. */
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
