import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { dashboardFiles } from '../../scripts/dashboards.ts';
import { promtool } from '../helpers/promtool.ts';
import { createTempDir } from '../helpers/temp-dir.ts';

const ROOT = join(import.meta.dirname, '../..');
const DASHBOARDS = 'deploy/grafana/dashboards';
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

const rules: readonly Rule[] = parse(read('deploy/prometheus/alerts.yaml')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);
const dashboards = readdirSync(join(ROOT, DASHBOARDS)).map((name) => ({
  name,
  json: JSON.parse(read(`${DASHBOARDS}/${name}`)),
}));
const panelExpressions: readonly string[] = dashboards.flatMap(({ json }) =>
  json.panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr)),
);

/** The metrics of docs/metrics.md, which a test holds to the code, as they are named in a query. */
function queryable(): Set<string> {
  const table = read('docs/metrics.md').matchAll(/^\| `(\w+)`[^|]*\| (counter|gauge|histogram) /gm);
  const names = [...table].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
  );
  return new Set(names);
}

describe('alerts', () => {
  test('each fires when it should, and only then', async () => {
    const { code, said } = await promtool(['test', 'rules', join(ROOT, 'deploy/prometheus/alerts.test.yaml')]);
    expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
    const tested = read('deploy/prometheus/alerts.test.yaml').matchAll(/alertname="(\w+)"/g);
    expect(new Set([...tested].map(([, name]) => name))).toEqual(new Set(rules.map(({ alert }) => alert)));
  });

  test('each leads to its section of the runbook, and each section is of one', () => {
    const sections = [...read('docs/runbook.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(sections.sort()).toEqual(rules.map(({ alert }) => alert).sort());
    const runbook = '{{ or $externalLabels.test_service_runbook "docs/runbook.md" }}';
    for (const { alert, annotations } of rules)
      expect(annotations.runbook_url).toBe(`${runbook}#${alert.toLowerCase()}`);
  });

  test('the configuration of Prometheus is valid', async () => {
    const { code, said } = await promtool(['check', 'config', join(ROOT, 'deploy/prometheus/prometheus.yaml')]);
    expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
  });
});

describe('dashboards', () => {
  test('the files are as described in scripts/dashboards.ts', () => {
    const described = [...dashboardFiles()].sort();
    expect(dashboards.map(({ name }) => [name, read(`${DASHBOARDS}/${name}`)]).sort()).toEqual(described);
  });

  test('every expression is one', async () => {
    const { path, remove } = createTempDir('test-dashboards-');
    const recorded = panelExpressions.map((expr, at) => ({
      record: `panel_${at}`,
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }));
    const file = join(path, 'rules.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: recorded }] }));
    const { code, said } = await promtool(['check', 'rules', file]);
    remove();
    expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
  });
});

test('every metric that an alert or a panel asks for exists', () => {
  const known = queryable();
  const asked = [...rules.map(({ expr }) => expr), ...panelExpressions].flatMap(
    (expr) => expr.match(/\b(test_service|process)_\w+/g) ?? [],
  );
  expect(asked.length).toBeGreaterThan(50);
  expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
});
