/**
 * Measures: `bun bench/run.ts [NAME …]`, by default every bench that has a baseline. The settings are environment
 * variables; see docs/performance.md.
 */
import { listenForStop, Resources } from '../src/cmd/app/shutdown.ts';
import { messageOf } from '../src/lib/app-error.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { compare } from './compare.ts';
import { dirty } from './dirty.ts';
import { ingest } from './ingest.ts';
import { latency } from './latency.ts';
import type { Bench, SharedFigures } from './lib/bench.ts';
import { publish } from './lib/report.ts';
import { life } from './life.ts';
import { lookup } from './lookup.ts';
import { memory } from './memory.ts';
import { micro } from './micro.ts';
import { mixed } from './mixed.ts';
import { processes } from './processes.ts';
import { produce } from './produce.ts';
import { read } from './read.ts';
import { requests } from './requests.ts';
import { spellings } from './spellings.ts';
import { verify } from './verify.ts';
import { zipf } from './zipf.ts';

const BENCHES: readonly Bench[] = [
  ingest,
  dirty,
  spellings,
  produce,
  life,
  latency,
  lookup,
  processes,
  mixed,
  zipf,
  verify,
  read,
  memory,
  requests,
];
/** Without a baseline: they show where time goes. */
const ON_REQUEST: readonly Bench[] = [micro, compare];

/** Time a bench's processes and engines have to end. */
const CLOSE_TIME_MS = 60_000;

const shared: SharedFigures = {};
const logger = createLogger({ level: 'warn', format: 'pretty' });
const stop = listenForStop();
let failed = false;

for (const bench of chosen(process.argv.slice(2))) {
  if (stop.signal.aborted) break;
  if (!(await measure(bench))) failed = true;
}
process.exit(failed || stop.signal.aborted ? 1 : 0);

function chosen(names: readonly string[]): readonly Bench[] {
  if (names.length === 0) return BENCHES;
  const all = [...BENCHES, ...ON_REQUEST];
  const unknown = names.filter((name) => !all.some((bench) => bench.name === name));
  if (unknown.length === 0) return all.filter((bench) => names.includes(bench.name));
  console.error(`no such bench: ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

/** False when it failed; a bench that fails does not keep the others from running. */
async function measure(bench: Bench): Promise<boolean> {
  const resources = new Resources(logger, CLOSE_TIME_MS);
  const say = (line: string): void => console.error(`${bench.name}: ${line}`);
  try {
    const report = await bench.run({ signal: stop.signal, resources, say, shared });
    publish(bench, report);
    return true;
  } catch (error) {
    console.error(`${bench.name} failed: ${messageOf(error)}`);
    return false;
  } finally {
    await resources.close();
  }
}
