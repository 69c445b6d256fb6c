import type { LiveSample } from '../../client/schema.generated.ts';
import type { SeriesColour } from '../components/chart.tsx';
import type { ChartUnit } from '../components/chart-scale.ts';
import { namesOf } from '../components/names.ts';
import type { Dictionary } from '../i18n/language.ts';

interface ChartDescription {
  readonly title: Dictionary<string>;
  readonly unit: ChartUnit;
}

const charts = {
  flow: { title: { en: 'Orders per second', ru: 'Заказы в секунду' }, unit: 'rate' },
  readable: { title: { en: 'From production to readable', ru: 'От отправки до доступности' }, unit: 'span' },
  lag: { title: { en: 'Lag', ru: 'Отставание' }, unit: 'count' },
  dead: { title: { en: 'Dead letters per second', ru: 'Отклонённые в секунду' }, unit: 'rate' },
  lookups: { title: { en: 'Lookups per second by tier', ru: 'Запросы в секунду по уровням' }, unit: 'rate' },
  errors: { title: { en: 'HTTP errors per second', ru: 'Ошибки HTTP в секунду' }, unit: 'rate' },
} satisfies Record<string, ChartDescription>;

export type ChartName = keyof typeof charts;

/** The charts of the live figures. */
export const CHARTS: Readonly<Record<ChartName, ChartDescription>> = charts;
/** In their order on the overview. */
export const CHART_NAMES = namesOf(CHARTS);

interface FigureDescription {
  readonly chart: ChartName;
  readonly label: Dictionary<string>;
  readonly colour: SeriesColour;
  /** Undefined where it is not known. */
  readonly of: (sample: LiveSample) => number | undefined;
  readonly area?: true;
  /** Where one point stands for several seconds, it has their largest value instead of the mean. */
  readonly worst?: true;
}

const figures = {
  produced: {
    chart: 'flow',
    label: { en: 'Produced', ru: 'Отправлено' },
    colour: 1,
    area: true,
    of: ({ topic }) => topic?.arrived_per_s,
  },
  stored: {
    chart: 'flow',
    label: { en: 'Stored', ru: 'Сохранено' },
    colour: 2,
    of: ({ topic }) => topic?.stored_per_s,
  },
  p50: {
    chart: 'readable',
    label: { en: 'p50', ru: 'p50' },
    colour: 1,
    of: ({ consumer }) => consumer?.readable_ms?.p50,
    worst: true,
  },
  p99: {
    chart: 'readable',
    label: { en: 'p99', ru: 'p99' },
    colour: 3,
    of: ({ consumer }) => consumer?.readable_ms?.p99,
    worst: true,
  },
  lag: {
    chart: 'lag',
    label: { en: 'Messages behind', ru: 'Сообщений позади' },
    colour: 3,
    of: ({ topic }) => topic?.lag,
    worst: true,
  },
  deadLettered: {
    chart: 'dead',
    label: { en: 'Dead letters', ru: 'Отклонённые' },
    colour: 4,
    of: ({ topic }) => topic?.dead_lettered_per_s,
  },
  l1: {
    chart: 'lookups',
    label: { en: 'Server memory', ru: 'Память сервера' },
    colour: 1,
    of: ({ lookups }) => lookups.l1_per_s,
  },
  redis: {
    chart: 'lookups',
    label: { en: 'Redis', ru: 'Redis' },
    colour: 4,
    of: ({ lookups }) => lookups.redis_per_s,
  },
  postgresql: {
    chart: 'lookups',
    label: { en: 'PostgreSQL', ru: 'PostgreSQL' },
    colour: 2,
    of: ({ lookups }) => lookups.postgresql_per_s,
  },
  absent: {
    chart: 'lookups',
    label: { en: 'Not found', ru: 'Не найдено' },
    colour: 3,
    of: ({ lookups }) => lookups.absent_per_s,
  },
  clientErrors: {
    chart: 'errors',
    label: { en: '4xx', ru: '4xx' },
    colour: 3,
    of: ({ http }) => http['4xx_per_s'],
  },
  serverErrors: {
    chart: 'errors',
    label: { en: '5xx', ru: '5xx' },
    colour: 4,
    of: ({ http }) => http['5xx_per_s'],
  },
} satisfies Record<string, FigureDescription>;

export type FigureName = keyof typeof figures;

/** The figures that are drawn over time: an hour of each is kept. */
export const FIGURES: Readonly<Record<FigureName, FigureDescription>> = figures;
export const FIGURE_NAMES = namesOf(FIGURES);
