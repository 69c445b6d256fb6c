import type { VerificationReport } from '../../../client/schema.generated.ts';
import { Link } from '../../app/navigation.tsx';
import { Card } from '../../components/page.tsx';
import { Table, TableHead } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { addressOf, messageAddress } from '../addresses.ts';
import { proofTexts, type Verdict } from './texts.ts';

const IGNORED = ['other_topics', 'before_log', 'after_range', 'earlier_topics', 'compacted'] as const;

type Group = VerificationReport['findings'][number];

/** The findings of a verification, with their evidence. */
export function Report({ report }: { readonly report: VerificationReport }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const { findings, total, seconds, messages_per_s: rate } = report;
  const verdict = verdictOf(report);
  return (
    <>
      <div className={`verdict verdict--${verdict.kind}`} role="status">
        <strong>{t.verdict(verdict)}</strong>
        <span className="muted">
          {t.took(format.number(total.produced), format.span(seconds * 1000), format.number(rate))}
        </span>
      </div>
      <Equation total={total} />
      {findings.map((group) => (
        <Findings group={group} topic={report.topic} key={group.kind} />
      ))}
      {report.compacted_orders > 0 && <p className="muted">{t.compactedOrders(report.compacted_orders)}</p>}
      <div className="cards">
        <Partitions report={report} />
        <DeadLetters report={report} />
      </div>
      <details className="muted">
        <summary>{t.unchecked}</summary>
        <ul>
          {report.unchecked.map((one) => (
            <li key={one} lang="en">
              {one}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function Findings({ group, topic }: { readonly group: Group; readonly topic: string }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const { kind, count, listed } = group;
  const title = t.kinds[kind];
  return (
    <Card title={`${title} (${format.number(count)})`}>
      <Table label={title} columns={[t.message, t.order, t.detail]} className="plain plain--roomy">
        {listed.map(({ partition, offset, order_uid: uid, detail }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they do not change.
          <tr key={at}>
            <td>
              {partition !== null && offset !== null ? (
                <Link href={messageAddress(topic, `${partition}:${offset}`)}>
                  {partition}:{offset}
                </Link>
              ) : (
                (partition ?? '—')
              )}
            </td>
            <td>{uid === null ? '—' : <Link href={addressOf(uid)}>{uid}</Link>}</td>
            <td>{detail}</td>
          </tr>
        ))}
      </Table>
      {count > listed.length && <p className="muted">{t.more(count - listed.length)}</p>}
    </Card>
  );
}

function Partitions({ report: { partitions } }: { readonly report: VerificationReport }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const counts = TERMS.map((term) => [t.counts[term], 'num nowrap'] as const);
  return (
    <Card title={t.partitions} className="card--wide">
      <Table
        label={t.partitions}
        columns={[[t.partition, 'nowrap'], [t.offsets, 'nowrap'], [t.produced, 'num nowrap'], ...counts]}
        className="plain plain--roomy"
      >
        {partitions.map((one) => (
          <tr key={one.partition}>
            <td>{one.partition}</td>
            <td className="nowrap">
              {format.number(one.from)} – {format.number(one.to)}
            </td>
            <td className="num">{format.number(one.produced)}</td>
            {TERMS.map((term) => (
              <td className="num" key={term}>
                {format.number(one[term])}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </Card>
  );
}

function DeadLetters({ report: { reasons, dead_letters: letters } }: { readonly report: VerificationReport }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const ignored = IGNORED.filter((why) => letters.ignored[why] > 0);
  if (letters.read === 0) return undefined;
  return (
    <Card title={t.reasons}>
      {Object.keys(reasons).length > 0 && (
        <table className="plain">
          <TableHead columns={[t.reason, [t.messages, 'num']]} />
          <tbody>
            {Object.entries(reasons).map(([reason, count]) => (
              <tr key={reason}>
                <td>
                  <Link href={`/dead-letters?reason=${encodeURIComponent(reason)}`}>{reason}</Link>
                </td>
                <td className="num">{format.number(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {letters.expired > 0 && <p className="muted">{t.expired(letters.expired)}</p>}
      {letters.repeated > 0 && <p className="muted">{t.repeated(letters.repeated)}</p>}
      {ignored.length > 0 && (
        <p className="muted">
          {t.notJudged} {ignored.map((why) => `${format.number(letters.ignored[why])} ${t.ignored[why]}`).join(', ')}
        </p>
      )}
    </Card>
  );
}

/** The terms that add up to `produced`; those that should be zero come last. */
const TERMS = ['stored', 'superseded', 'identical', 'dead_lettered', 'pending', 'lost'] as const;

/** produced = stored + …, with numbers; the terms that should be zero only if they are not. */
function Equation({ total }: { readonly total: VerificationReport['total'] }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const terms = TERMS.filter((term) => (term !== 'pending' && term !== 'lost') || total[term] > 0);
  return (
    <Card title={t.equation}>
      <div className="equation">
        <Term name="produced" label={t.produced} value={format.number(total.produced)} />
        {terms.map((term, at) => (
          // A sign stays on the line of its term.
          <div className="equation__part" key={term}>
            <span className="equation__sign">{at === 0 ? '=' : '+'}</span>
            <Term name={term} label={t.counts[term]} value={format.number(total[term])} />
          </div>
        ))}
      </div>
    </Card>
  );
}

function Term({ name, label, value }: { readonly name: string; readonly label: string; readonly value: string }) {
  return (
    <div className={`equation__term equation__term--${name}`}>
      <b>{value}</b>
      <span className="muted">{label}</span>
    </div>
  );
}

/** Findings that may resolve themselves, and findings that are explained. */
const HARMLESS: ReadonlySet<Group['kind']> = new Set<Group['kind']>([
  'not_yet_stored',
  'pending',
  'cut_dead_letter',
  'scattered_order',
]);

/** The verdict of a report. */
export function verdictOf({ ok, findings }: Pick<VerificationReport, 'ok' | 'findings'>): Verdict {
  const wrong = findings.filter(({ kind }) => !HARMLESS.has(kind)).reduce((sum, { count }) => sum + count, 0);
  return { kind: ok ? 'good' : wrong > 0 ? 'bad' : 'open', wrong };
}
