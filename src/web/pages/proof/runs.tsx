import type { Verification } from '../../../client/schema.generated.ts';
import { Link } from '../../app/link.tsx';
import { Card } from '../../components/facts.tsx';
import { Instant } from '../../components/instant.tsx';
import { TableHead } from '../../components/table-head.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { proofTexts } from './texts.ts';
import { verdictOf } from './verdict.ts';

/** The verifications there were. */
export function Runs({ verifications }: { readonly verifications: readonly Verification[] }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const outcome = ({ state, report }: Verification): string =>
    report === null ? t.states[state] : t.verdict(verdictOf(report));
  return (
    <Card title={t.runs}>
      <table className="plain">
        <TableHead columns={[t.when, t.outcome, [t.messages, 'num']]} />
        <tbody>
          {verifications.map((one) => (
            <tr key={one.id}>
              <td>
                <Link href={`/proof?run=${one.id}`}>
                  <Instant at={one.started_at} timeOnly />
                </Link>
              </td>
              <td>{outcome(one)}</td>
              <td className="num">{one.report === null ? '—' : format.number(one.report.total.produced)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
