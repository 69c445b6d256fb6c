import type { VerificationReport } from '../../../client/schema.generated.ts';

/** good: all is accounted for. open: nothing is wrong, but not all is stored yet. bad: `wrong` things are. */
export interface Verdict {
  readonly kind: 'good' | 'open' | 'bad';
  readonly wrong: number;
}

/** Findings that may resolve themselves, and explained ones. */
const HARMLESS: ReadonlySet<string> = new Set([
  'not_yet_stored',
  'pending',
  'cut_dead_letter',
  'scattered_order',
]);

/** What a report comes to. */
export function verdictOf({ ok, findings }: Pick<VerificationReport, 'ok' | 'findings'>): Verdict {
  const wrong = findings.filter(({ kind }) => !HARMLESS.has(kind)).reduce((sum, { count }) => sum + count, 0);
  return { kind: ok ? 'good' : wrong > 0 ? 'bad' : 'open', wrong };
}
