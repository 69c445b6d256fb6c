import type { VerificationReport } from '../../../client/schema.generated.ts';

/** good: all is accounted for. open: nothing is wrong, but not all is stored yet. bad: `wrong` things are. */
export interface Verdict {
  readonly kind: 'good' | 'open' | 'bad';
  readonly wrong: number;
}

/** What a report comes to. */
export function verdictOf({ ok, findings }: Pick<VerificationReport, 'ok' | 'findings'>): Verdict {
  const wrong = findings
    .filter(({ kind }) => !['not_yet_stored', 'pending', 'scattered_order'].includes(kind))
    .reduce((sum, { count }) => sum + count, 0);
  return { kind: ok ? 'good' : wrong > 0 ? 'bad' : 'open', wrong };
}
