import { Button } from '@mantine/core';
import type { VerificationReport } from '../../../client/schema.generated.ts';
import { useAction } from '../../api/queries.ts';
import { Link } from '../../app/navigation.tsx';
import { Card, Facts } from '../../components/page.tsx';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { download, saveFile } from '../../components/save-file.ts';
import { Table, TableHead } from '../../components/table.tsx';
import { useFormat, useTexts } from '../../i18n/language.ts';
import { useWording } from '../../i18n/use-wording.ts';
import { uncheckedTexts } from '../../i18n/wording.ts';
import { addressOf, messageAddress } from '../addresses.ts';
import { GroupLink, TopicLink } from '../links.tsx';
import { proofTexts, type Verdict } from './texts.ts';

const IGNORED = ['other_topics', 'before_log', 'after_range', 'earlier_topics', 'compacted'] as const;

type Group = VerificationReport['findings'][number];

/** The findings of a verification, with their evidence. */
export function Report({ report, id }: { readonly report: VerificationReport; readonly id: number }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const { findings, total, seconds, messages_per_s: rate } = report;
  const verdict = verdictOf(report);
  const unchecked = useTexts(uncheckedTexts);
  const name = `verification-${id}`;
  const saveText = useAction(() => download(`/api/v1/verifications/${id}/report.txt`, `${name}.txt`), {});
  return (
    <>
      <div className={`verdict verdict--${verdict.kind}`} role="status">
        <strong>{t.verdict(verdict)}</strong>
        <span className="muted">
          {t.took(format.number(total.produced), format.span(seconds * 1000), format.number(rate))}
        </span>
        <div className="row verdict__save">
          <Button
            size="xs"
            variant="default"
            onClick={() => saveFile(`${name}.json`, new Blob([JSON.stringify(report, undefined, 2)]))}
          >
            {t.saveJson}
          </Button>
          <Button size="xs" variant="default" loading={saveText.isPending} onClick={() => saveText.mutate()}>
            {t.saveText}
          </Button>
        </div>
      </div>
      {saveText.error !== null && <ProblemAlert error={saveText.error} />}
      <Equation report={report} />
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
            <li key={one} lang={unchecked[one] === undefined ? 'en' : undefined}>
              {unchecked[one] ?? one}
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

function Partitions({
  report: { topic, dead_letter_topic: letters, group, partitions },
}: {
  readonly report: VerificationReport;
}) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const counts = TERMS.map((term) => [t.counts[term], 'num nowrap'] as const);
  return (
    <Card title={t.partitions} className="card--wide">
      <div className="stack">
        <Facts
          facts={[
            [t.topic, <TopicLink key="topic" topic={topic} />],
            [t.letters, <TopicLink key="letters" topic={letters} />],
            [t.group, <GroupLink key="group" group={group} />],
          ]}
        />
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
      </div>
    </Card>
  );
}

function DeadLetters({ report: { reasons, dead_letters: letters } }: { readonly report: VerificationReport }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const words = useWording();
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
                  <Link href={`/dead-letters?reason=${encodeURIComponent(reason)}`}>{words.reason(reason)}</Link>
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

/** The terms that add up to `produced`; those that are mostly zero come last. */
const TERMS = ['stored', 'superseded', 'identical', 'dead_lettered', 'expired', 'pending', 'lost'] as const;
const SELDOM: ReadonlySet<string> = new Set(['expired', 'pending', 'lost']);

/** produced = stored + …, with numbers; the terms that are mostly zero only if they are not. */
function Equation({ report: { total, partitions, manifest } }: { readonly report: VerificationReport }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const offsets = partitions.reduce((sum, { from, to }) => sum + to - from, 0);
  const terms = TERMS.filter((term) => !SELDOM.has(term) || total[term] > 0);
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
      {manifest !== null && (
        <p className={manifest.matched === manifest.bad + manifest.good - manifest.before_log ? undefined : 'bad'}>
          {t.injected(format.number(manifest.matched), manifest.bad + manifest.good)}{' '}
          <span className="muted">
            {t.injectedParts(format.number(manifest.bad), format.number(manifest.good))}
            {manifest.before_log > 0 && ` ${t.injectedGone(manifest.before_log)}`}
          </span>
        </p>
      )}
      <details className="muted">
        <summary>{t.offsetsSum(format.number(offsets), format.number(total.produced), total.no_message)}</summary>
        <p>{t.whyOffsets}</p>
      </details>
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
