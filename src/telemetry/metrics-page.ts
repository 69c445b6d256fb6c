import type { Distribution } from './distribution.ts';

/** One value, or one for each value of the metric's label. */
type Values = number | Readonly<Record<string, number>> | ReadonlyMap<string | number, number>;

type Labels = Readonly<Record<string, string>>;

/** What a metric is; each scrape reads it. */
export type Metric = {
  readonly name: string;
  readonly help: string;
} & (
  | { readonly type: 'counter' | 'gauge'; readonly label?: string; read(): Values | Promise<Values> }
  | {
      readonly type: 'histogram';
      read(): readonly { readonly labels: Labels; readonly distribution: Distribution }[];
    }
);

type Read = () => Values | Promise<Values>;

/** Each has the prefix `test_service_`. */
export function counter(name: string, help: string, read: Read, label?: string): Metric {
  return { name: `test_service_${name}`, type: 'counter', help, read, ...(label !== undefined && { label }) };
}

export function gauge(name: string, help: string, read: Read, label?: string): Metric {
  return { name: `test_service_${name}`, type: 'gauge', help, read, ...(label !== undefined && { label }) };
}

export function histogram(name: string, help: string, distribution: Distribution): Metric {
  return { name: `test_service_${name}`, type: 'histogram', help, read: () => [{ labels: {}, distribution }] };
}

const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/**
 * All metrics in the text format of Prometheus, or in OpenMetrics, which shows exemplars, too. Nothing is counted here,
 * and nothing runs between two scrapes.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export class MetricsPage {
  readonly #metrics: readonly Metric[];

  constructor(metrics: readonly Metric[]) {
    this.#metrics = metrics;
  }

  /** `accept`: the header of the request. A metric that can't be read is left out. */
  async render(accept: string | null): Promise<{ readonly contentType: string; readonly text: string }> {
    const open = /application\/openmetrics-text(?![^,]*;\s*q=0(\.0*)?\s*(,|$))/.test(accept ?? '');
    const families = await Promise.all(this.#metrics.map((metric) => familyOf(metric, open).catch(() => [])));
    const lines = families.flat();
    if (open) lines.push('# EOF');
    return { contentType: open ? OPENMETRICS_TYPE : TEXT_TYPE, text: `${lines.join('\n')}\n` };
  }
}

async function familyOf(metric: Metric, open: boolean): Promise<string[]> {
  const { name, help, type } = metric;
  // OpenMetrics names the family, and the sample with its suffix.
  const family = open && type === 'counter' ? name.replace(/_total$/, '') : name;
  const head = [`# HELP ${family} ${escaped(help)}`, `# TYPE ${family} ${type}`];
  if (metric.type === 'histogram') {
    const shown = metric.read().flatMap(({ labels, distribution }) => bucketsOf(name, labels, distribution, open));
    return [...head, ...shown];
  }
  const values = await metric.read();
  if (typeof values === 'number') return [...head, `${name} ${number(values)}`];
  const { label = '' } = metric;
  const entries = values instanceof Map ? [...values] : Object.entries(values);
  return [...head, ...entries.map(([value, one]) => `${name}${labelled({ [label]: String(value) })} ${number(one)}`)];
}

function bucketsOf(name: string, labels: Labels, { bounds, counts, exemplars, sum }: Distribution, open: boolean) {
  let upTo = 0;
  const buckets = counts.map((count, at) => {
    upTo += count;
    const le = bound(bounds[at] ?? Number.POSITIVE_INFINITY);
    const seen = open ? exemplars[at] : undefined;
    const exemplar = seen && ` # ${labelled({ trace_id: seen.traceId })} ${number(seen.value)} ${seen.at.toFixed(3)}`;
    return `${name}_bucket${labelled({ ...labels, le })} ${upTo}${exemplar ?? ''}`;
  });
  return [...buckets, `${name}_sum${labelled(labels)} ${number(sum)}`, `${name}_count${labelled(labels)} ${upTo}`];
}

function labelled(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** With a point, as all of Prometheus spells it. https://prometheus.io/docs/specs/om/open_metrics_spec/#numbers */
function bound(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : number(value);
}

function number(value: number): string {
  return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
