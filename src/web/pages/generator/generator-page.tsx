import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Generator } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { generatorRole } from '../../api/roles.ts';
import { bytesText } from '../../components/bytes.ts';
import { Card, Facts, Skeleton } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { RunHead } from '../../components/run-form.tsx';
import { Table } from '../../components/table.tsx';
import { useTyped } from '../../components/typed.ts';
import { useFormat, useLanguage, useTexts } from '../../i18n/language.ts';
import { BulkFile } from './bulk-file.tsx';
import { draftOf, LOAD_QUERY, readDraft, type TypedLoad } from './draft.ts';
import { LoadForm } from './load-form.tsx';
import { SendOne, SendOwn } from './send-orders.tsx';
import { generatorTexts } from './texts.ts';

/** Controls the generator of this process, and sends orders by hand. */
export function GeneratorPage() {
  const t = useTexts(generatorTexts);
  const [typed, setTyped] = useTyped('load', LOAD_QUERY);
  const { data, error } = useQuery(generatorRole.query(1_000));
  return (
    <>
      <RunHead texts={t} state={data?.state} error={error} />
      {data === undefined && error === null && <Skeleton rows={18} />}
      {data !== undefined && (
        <>
          <Status generator={data} />
          <LoadForm generator={data} typed={typed} setTyped={setTyped} />
        </>
      )}
      <div className="cards">
        <SendOne />
        <BulkFile />
      </div>
      <SendOwn />
      {data !== undefined && <Preview generator={data} typed={typed} />}
    </>
  );
}

function Status({ generator }: { readonly generator: Generator }) {
  const t = useTexts(generatorTexts);
  const format = useFormat();
  const { counts, current_rate, remaining, next_index, late_ms, open_orders, life, error } = generator;
  const messages = useGrowth(counts.sent);
  return (
    <Card title={t.states[generator.state]}>
      <Facts
        facts={[
          [t.now, t.ordersPerSecond(format.number(current_rate, 1))],
          [t.messages, messages === undefined ? '' : t.perSecond(format.number(messages, 1))],
          [t.orders, format.number(counts.orders)],
          [t.sent, format.number(counts.sent)],
          [t.open, life || open_orders > 0 ? format.number(open_orders) : ''],
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

const GROWTH_SPAN_MS = 10_000;

/** By how much a count grows in a second, over the last ten; undefined until it was seen to grow or to rest. */
function useGrowth(count: number): number | undefined {
  const [seen, setSeen] = useState<readonly { readonly at: number; readonly count: number }[]>([]);
  useEffect(() => {
    const now = performance.now();
    setSeen((before) => [...before.filter(({ at }) => now - at < GROWTH_SPAN_MS), { at: now, count }]);
  }, [count]);
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined || last.at === first.at) return undefined;
  return Math.max(0, ((last.count - first.count) / (last.at - first.at)) * 1_000);
}

const COUNT = 5;

interface PreviewProps {
  readonly generator: Generator;
  readonly typed: TypedLoad;
}

/** The next messages: as the generator would send them now, or as it would with the faults typed into the form. */
export function Preview({ generator, typed }: PreviewProps) {
  const t = useTexts(generatorTexts);
  const language = useLanguage();
  const read = readDraft({ ...draftOf(generator, language), ...typed }, generator.seed, language);
  const faults = typed.faults === undefined || !read.isValid ? undefined : read.change.faults;
  const { data, error } = useQuery({
    queryKey: ['generator-preview', faults, generator.next_index],
    queryFn: ({ signal }) => {
      const body = { count: COUNT, ...(faults !== undefined && { faults }) };
      return dataOf(api.POST('/api/v1/generator/preview', { body, signal }));
    },
    refetchInterval: refetchEvery(),
    placeholderData: keepPreviousData,
  });
  return (
    <Card title={t.preview}>
      {faults !== undefined && <p className="muted">{t.previewOfTyped}</p>}
      {error !== null && <ProblemAlert error={error} retries />}
      <Table
        label={t.preview}
        columns={[[t.index, 'num plain__short'], t.key, [t.value, 'plain__wide'], t.step]}
        className="plain plain--fixed plain--flows"
      >
        {data?.messages.map(({ index, key, value, fault, state }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fault may send the same index twice.
          <tr key={at}>
            <td className="num">{index}</td>
            <td className="cut">
              <code>{bytesText(key)}</code>
            </td>
            <td className="cut plain__line">
              <code>{bytesText(value).slice(0, 300)}</code>
            </td>
            <td>{fault ?? state ?? '—'}</td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}
