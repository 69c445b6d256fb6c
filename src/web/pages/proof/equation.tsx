import type { VerificationReport } from '../../../client/schema.generated.ts';
import { Card } from '../../components/facts.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { proofTexts } from './texts.ts';

/** The terms that produced is the sum of; those that must be nothing come last. */
export const TERMS = ['stored', 'superseded', 'identical', 'dead_lettered', 'pending', 'lost'] as const;

/** produced = stored + … , with the numbers; what is wrong only when there is any. */
export function Equation({ total }: { readonly total: VerificationReport['total'] }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const terms = TERMS.filter((term) => (term !== 'pending' && term !== 'lost') || total[term] > 0);
  return (
    <Card title={t.equation}>
      <div className="equation">
        <Term name="produced" label={t.produced} value={format.number(total.produced)} />
        {terms.map((term, at) => (
          // A sign stays with what it adds.
          <div className="equation__part" key={term}>
            <span className="equation__sign">{at === 0 ? '=' : '+'}</span>
            <Term name={term} label={t.counts[term]} value={format.number(total[term])} />
          </div>
        ))}
      </div>
    </Card>
  );
}

function Term({
  name,
  label,
  value,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}) {
  return (
    <div className={`equation__term equation__term--${name}`}>
      <b>{value}</b>
      <span className="muted">{label}</span>
    </div>
  );
}
