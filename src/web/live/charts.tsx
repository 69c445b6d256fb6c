import { Chart, type SeriesColour } from '../components/chart.tsx';
import { useFormat, useLanguage } from '../i18n/language.ts';
import { CHARTS, type ChartName, FIGURE_NAMES, FIGURES, type FigureName } from './figures.ts';
import { type LiveStore, usePoints } from './live-store.ts';

interface LiveChartsProps {
  readonly live: LiveStore;
  readonly seconds: number;
  readonly charts: readonly ChartName[];
  /** Lines to draw, and their colours; by default all of the charts’ lines in their own colours. */
  readonly lines?: Partial<Record<FigureName, SeriesColour>>;
}

/** Charts of the live figures over a span. */
export function LiveCharts({ live, seconds, charts, lines }: LiveChartsProps) {
  const language = useLanguage();
  const format = useFormat();
  const rate = (value: number) => format.number(value, value < 10 ? 1 : 0);
  const shown = usePoints(live, seconds);
  return charts.map((chart) => {
    const { title, spans } = CHARTS[chart];
    const series = FIGURE_NAMES.flatMap((name) => {
      const figure = FIGURES[name];
      const colour = lines === undefined ? figure.colour : lines[name];
      if (figure.chart !== chart || colour === undefined) return [];
      return [{ label: figure.label[language], colour, values: shown.line(name) }];
    });
    return (
      <Chart
        key={chart}
        title={title[language]}
        at={shown.at}
        series={series}
        format={spans ? format.span : rate}
        windowS={seconds}
      />
    );
  });
}
