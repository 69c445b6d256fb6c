import { Badge } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Generator } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { bytesText } from '../../components/bytes.ts';
import { Card, Facts, PageTitle } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { BulkFile } from './bulk-file.tsx';
import { LoadForm } from './load-form.tsx';
import { SendOne, SendOwn } from './send-orders.tsx';
import { generatorTexts } from './texts.ts';

/** Controls the generator of this process, and sends orders by hand. */
export function GeneratorPage() {
  const t = useTexts(generatorTexts);
  const { data, error } = useQuery({
    queryKey: ['generator'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/generator', { signal })),
    refetchInterval: refetchEvery(1_000),
  });
  return (
    <>
      <PageTitle title={t.title}>
        {data !== undefined && (
          <Badge variant="light" color={data.state === 'running' ? 'green' : 'gray'}>
            {t.states[data.state]}
          </Badge>
        )}
      </PageTitle>
      {error !== null && <ProblemAlert error={error} retries />}
      {data !== undefined && (
        <>
          <Status generator={data} />
          <LoadForm generator={data} />
        </>
      )}
      <div className="cards">
        <SendOne />
        <BulkFile />
      </div>
      <SendOwn />
      <Preview />
    </>
  );
}

function Status({ generator }: { readonly generator: Generator }) {
  const t = useTexts(generatorTexts);
  const format = useFormat();
  const { counts, current_rate, remaining, next_index, late_ms, error } = generator;
  return (
    <Card title={t.states[generator.state]}>
      <Facts
        facts={[
          [t.now, t.perSecond(format.number(current_rate, 1))],
          [t.sent, format.number(counts.sent)],
          [t.failed, format.number(counts.failed)],
          [t.inFlight, format.number(counts.in_flight)],
          [t.remaining, remaining === null ? t.endless : format.number(remaining)],
          [t.nextIndex, format.number(next_index)],
          [t.late, format.span(late_ms)],
        ]}
      />
      {error !== null && (
        <p className="bad">
          {t.stoppedFor}: {error}
        </p>
      )}
    </Card>
  );
}

const COUNT = 5;

/** The next messages, as the generator would send them now. */
export function Preview() {
  const t = useTexts(generatorTexts);
  const { data } = useQuery({
    queryKey: ['generator-preview'],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/generator/preview', { params: { query: { count: COUNT } }, signal })),
  });
  return (
    <Card title={t.preview}>
      <Table
        label={t.preview}
        columns={[[t.index, 'num plain__short'], t.key, [t.value, 'plain__wide'], t.fault]}
        className="plain plain--fixed"
      >
        {data?.messages.map(({ index, key, value, fault }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fault may send the same index twice.
          <tr key={at}>
            <td className="num">{index}</td>
            <td className="cut">
              <code>{bytesText(key)}</code>
            </td>
            <td className="cut">
              <code>{bytesText(value).slice(0, 300)}</code>
            </td>
            <td>{fault ?? '—'}</td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}
