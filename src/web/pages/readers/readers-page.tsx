import { useQuery } from '@tanstack/react-query';
import type { Readers } from '../../../client/schema.generated.ts';
import { readersRole } from '../../api/roles.ts';
import { Link } from '../../app/navigation.tsx';
import { Card, Facts, Instant, Skeleton } from '../../components/page.tsx';
import { RunHead } from '../../components/run-form.tsx';
import { Table } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { addressOf } from '../addresses.ts';
import { MessageLink } from '../links.tsx';
import { MixForm } from './mix-form.tsx';
import { readersTexts } from './texts.ts';

/** Controls the readers of this process, and shows what they find. */
export function ReadersPage() {
  const t = useTexts(readersTexts);
  const { data, error } = useQuery(readersRole.query(1_000));
  return (
    <>
      <RunHead texts={t} state={data?.state} error={error} />
      <p className="muted">{t.hint}</p>
      {data === undefined && error === null && <Skeleton rows={18} />}
      {data !== undefined && (
        <>
          <Status readers={data} />
          <MixForm readers={data} />
          <Latencies readers={data} />
          <Findings readers={data} />
        </>
      )}
    </>
  );
}

function Status({ readers }: { readonly readers: Readers }) {
  const t = useTexts(readersTexts);
  const format = useFormat();
  const failed = readers.failures.reduce((sum, { count }) => sum + count, 0);
  const stale = <span className={readers.stale > 0 ? 'bad' : undefined}>{format.number(readers.stale)}</span>;
  return (
    <Card title={t.states[readers.state]}>
      <Facts
        facts={[
          [t.now, t.perSecond(format.number(readers.state === 'running' ? readers.rate : 0, 1))],
          [t.known, format.number(readers.known_orders)],
          [t.failed, format.number(failed)],
          [t.stale, stale],
        ]}
      />
    </Card>
  );
}

function Latencies({ readers: { latencies, failures } }: { readonly readers: Readers }) {
  const t = useTexts(readersTexts);
  const format = useFormat();
  const numbers = ['p50', 'p90', 'p99', 'p99.9', t.most].map((title) => [title, 'num'] as const);
  return (
    <Card title={t.latencies}>
      <p className="muted">{latencies.length === 0 ? t.noAnswers : t.latenciesHint}</p>
      {latencies.length > 0 && (
        <Table
          label={t.latencies}
          className="plain plain--roomy"
          columns={[t.answeredBy, [t.requests, 'num'], ...numbers]}
        >
          {latencies.map(({ outcome, count, p50_ms, p90_ms, p99_ms, p999_ms, max_ms }) => (
            <tr key={outcome}>
              <td>{t.outcomes[outcome]}</td>
              <td className="num">{format.number(count)}</td>
              <td className="num">{format.span(p50_ms)}</td>
              <td className="num">{format.span(p90_ms)}</td>
              <td className="num">{format.span(p99_ms)}</td>
              <td className="num">{format.span(p999_ms)}</td>
              <td className="num">{format.span(max_ms)}</td>
            </tr>
          ))}
        </Table>
      )}
      {failures.length > 0 && (
        <Table label={t.failed} className="plain plain--roomy" columns={[t.kind, [t.count, 'num'], t.last]}>
          {failures.map(({ kind, count, last }) => (
            <tr key={kind}>
              <td>{t.failures[kind]}</td>
              <td className="num">{format.number(count)}</td>
              <td>{last}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

type Version = Readers['stale_answers'][number]['before'];

function Findings({ readers: { stale_answers } }: { readonly readers: Readers }) {
  const t = useTexts(readersTexts);
  const format = useFormat();
  const textOf = ({ topic, partition, offset, stored_at }: Version) => {
    const at = format.time(stored_at);
    if (topic === undefined || partition === undefined || offset === undefined) return t.listed(at);
    return (
      <>
        <MessageLink topic={topic} partition={partition} offset={offset} />, {t.stored(at)}
      </>
    );
  };
  return (
    <Card title={t.findings}>
      {stale_answers.length === 0 ? (
        <p className="muted">{t.noFindings}</p>
      ) : (
        <Table
          label={t.findings}
          className="plain plain--roomy"
          columns={[t.at, t.order, t.answeredBy, t.answered, t.before]}
        >
          {stale_answers.map(({ order_uid, at, outcome, answered, before }, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: one order may be found twice in a millisecond.
            <tr key={place}>
              <td>
                <Instant at={at} timeOnly />
              </td>
              <td>
                <Link href={addressOf(order_uid)}>{order_uid}</Link>
              </td>
              <td>{t.outcomes[outcome]}</td>
              <td>{answered === null ? t.outcomes.absent : textOf(answered)}</td>
              <td>{textOf(before)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
