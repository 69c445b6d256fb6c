import { Chart } from '../../../components/chart.tsx';
import { ProblemAlert } from '../../../components/problem-alert.tsx';
import { useTexts } from '../../../i18n/dictionary.ts';
import { useFormat } from '../../../i18n/use-format.ts';
import { useLive, useLiveState, usePoints } from '../../../live/use-live.ts';
import { chaosTexts } from './texts.ts';

const WINDOW_S = 120;

/** The last two minutes of the pipe: what is produced and stored, how far it is behind, how long an order takes. */
export function LiveStrip() {
  const t = useTexts(chaosTexts);
  const format = useFormat();
  const live = useLive();
  const error = useLiveState(live, (state) => state.error);
  const shown = usePoints(live, WINDOW_S);
  const rate = (value: number) => format.number(value, value < 10 ? 1 : 0);
  if (error !== undefined) return <ProblemAlert error={error} retries />;
  return (
    <div className="chaos__three">
      <Chart
        title={t.flow}
        at={shown.at}
        series={[
          { label: t.produced, colour: 1, values: shown.line('produced') },
          { label: t.stored, colour: 2, values: shown.line('stored') },
        ]}
        format={rate}
        windowS={WINDOW_S}
      />
      <Chart
        title={t.lag}
        at={shown.at}
        series={[{ label: t.lagLabel, colour: 3, values: shown.line('lag') }]}
        format={rate}
        windowS={WINDOW_S}
      />
      <Chart
        title={t.readable}
        at={shown.at}
        series={[{ label: 'p99', colour: 4, values: shown.line('p99') }]}
        format={format.span}
        windowS={WINDOW_S}
      />
    </div>
  );
}
