import { Chart, type SeriesColour } from '../components/chart.tsx';
import { useLanguage } from '../i18n/language.ts';
import { CHARTS, type ChartName, FIGURE_NAMES, FIGURES, type FigureName } from './figures.ts';
import { type LiveStore, usePoints } from './live-store.ts';
import { useChartEvents } from './notes.ts';

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
  const shown = usePoints(live, seconds);
  const events = useChartEvents(live);
  return charts.map((chart) => {
    const { title, unit } = CHARTS[chart];
    const series = FIGURE_NAMES.flatMap((name) => {
      const figure = FIGURES[name];
      const colour = lines === undefined ? figure.colour : lines[name];
      if (figure.chart !== chart || colour === undefined) return [];
      return [{ label: figure.label[language], colour, values: shown.line(name), area: figure.area === true }];
    });
    return (
      <Chart
        key={chart}
        title={title[language]}
        at={shown.at}
        series={series}
        unit={unit}
        events={events}
        windowS={seconds}
      />
    );
  });
}
