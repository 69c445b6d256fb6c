import type { RedriveAnswer } from '../../../client/schema.generated.ts';
import { useTexts } from '../../i18n/dictionary.ts';
import { outcomeTexts } from './outcome-texts.ts';

/** What became, or would become, of the one letter that was asked about. */
export function OneOutcome({ answer }: { readonly answer: RedriveAnswer }) {
  const t = useTexts(outcomeTexts);
  const [first] = answer.outcomes;
  if (first === undefined) return <p role="status">{t.missing}</p>;
  const { outcome, detail, check } = first;
  return (
    <div role="status">
      <p>
        {t.outcomes[outcome] ?? outcome}
        {detail !== '' && `: ${detail}`}
      </p>
      {check !== undefined && (
        <p className={check.accepted ? 'good' : 'bad'}>
          {check.accepted ? t.wouldBeStored(check.order_uid ?? '') : t.wouldComeBack(check.reason ?? '')}
        </p>
      )}
    </div>
  );
}

interface CountsProps {
  readonly counts: Readonly<Record<string, number>>;
  /** Of a dry run: letters that would be rejected again, by reason. */
  readonly comeBack?: Readonly<Record<string, number>>;
}

/** Letters by what became of them. */
export function OutcomeCounts({ counts, comeBack = {} }: CountsProps) {
  const t = useTexts(outcomeTexts);
  const outcomes = Object.entries(counts).filter(([, count]) => count > 0);
  const bad = Object.entries(comeBack);
  if (outcomes.length === 0) return <p>{t.nothing}</p>;
  return (
    <ul className="violations">
      {outcomes.map(([outcome, count]) => (
        <li key={outcome}>
          {t.outcomes[outcome] ?? outcome}: <b>{count}</b>
        </li>
      ))}
      {bad.map(([reason, count]) => (
        <li key={`bad ${reason}`}>
          {t.wouldComeBack(reason)}: <b>{count}</b>
        </li>
      ))}
    </ul>
  );
}
