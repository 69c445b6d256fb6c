import { Progress as Bar } from '@mantine/core';
import type { Verification } from '../../../client/schema.generated.ts';
import { Card } from '../../components/facts.tsx';
import { useTexts } from '../../i18n/dictionary.ts';
import { useFormat } from '../../i18n/use-format.ts';
import { proofTexts } from './texts.ts';

/** How far a verification is, and how long it still takes. */
export function Progress({ verification }: { readonly verification: Verification }) {
  const t = useTexts(proofTexts);
  const format = useFormat();
  const { phase, done, total, per_s: rate, waiting_for: waitingFor } = verification.progress;
  const share = total === null || total === 0 ? 0 : done / total;
  const said = {
    starting: t.phases.starting,
    waiting: waitingFor === null || waitingFor === 0 ? t.phases.waitingAll : t.phases.waiting(waitingFor),
    verifying: t.phases.verifying(format.number(done), format.number(total ?? 0)),
  }[phase];
  const left = total !== null && rate !== null && rate > 0 ? ((total - done) / rate) * 1000 : undefined;
  return (
    <Card title={t.progress}>
      <Bar.Root size="lg">
        <Bar.Section
          value={phase === 'verifying' ? share * 100 : 100}
          animated={phase !== 'verifying'}
          striped={phase !== 'verifying'}
          aria-label={t.progress}
        />
      </Bar.Root>
      <p role="status">
        {said}
        {rate !== null && left !== undefined && (
          <span className="muted">
            , {t.phases.rate(format.number(rate))}, {t.left(format.span(left))}
          </span>
        )}
      </p>
    </Card>
  );
}
