import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfigSchema } from '../src/cmd/app/config-schema.ts';
import { isRecord } from '../src/cmd/app/config-section.ts';

/** The JSON Schema by which Helm checks values of the chart. */
export const CHART_SCHEMA = fileURLToPath(new URL('../deploy/helm/test-service/values.schema.json', import.meta.url));

/** Helm shows no descriptions, applies no defaults, and its regular expressions are Go's. */
const KEPT = ['type', 'enum', 'const', 'anyOf', 'items', 'minItems', 'minimum', 'maximum', 'additionalProperties'];
/** The chart sets these itself. */
const OWN = ['engines', 'dataDir'];
/** A URL with a password. */
const WITH_PASSWORD = '://[^/@]*:[^/@]*@|[?&]password=';

/** The chart's schema with the settings as they are now. Those that are secret are left out, and so refused. */
export function chartSchemaNow(): unknown {
  const chart: unknown = JSON.parse(readFileSync(CHART_SCHEMA, 'utf8'));
  if (!isRecord(chart) || !isRecord(chart['properties'])) throw new Error(`${CHART_SCHEMA} has no properties`);
  return { ...chart, properties: { ...chart['properties'], config: reduced(ConfigSchema) } };
}

function reduced(schema: unknown, name = ''): unknown {
  if (Array.isArray(schema)) return schema.map((one) => reduced(one));
  if (!isRecord(schema)) return schema;
  const kept = Object.fromEntries(
    KEPT.filter((key) => key in schema).map((key) => [key, reduced(schema[key])] as [string, unknown]),
  );
  if (name === 'url') kept['not'] = { pattern: WITH_PASSWORD };
  const properties = schema['properties'];
  if (!isRecord(properties)) return kept;
  const open = Object.entries(properties).filter(
    ([key, child]) => isRecord(child) && child['secret'] !== true && !OWN.includes(key),
  );
  return { ...kept, properties: Object.fromEntries(open.map(([key, child]) => [key, reduced(child, key)])) };
}

if (import.meta.main) writeFileSync(CHART_SCHEMA, `${JSON.stringify(chartSchemaNow(), null, 2)}\n`);
