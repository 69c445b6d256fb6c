import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { startEngines } from './lib/engines.ts';
import { OrderTables } from './lib/order-tables.ts';
import { memoryOf } from './lib/proc.ts';
import { startService } from './lib/service.ts';
import { trend } from './lib/stats.ts';
import { storeOrders } from './lib/stored-orders.ts';
import { fixed, whole } from './lib/table.ts';
import { wrk } from './lib/wrk.ts';

/** About twice what L1 has room for, so that it takes orders in and drops others all the time. */
const ORDERS = 30_000;
const CONNECTIONS = 64;
const PART_S = 2;
const MILLION = 1e6;
/** Part of the run that the slope leaves out: L1 fills, code is compiled. */
const SETTLING_SHARE = 0.2;

/** Memory of the server over very many lookups. */
export const requests: Bench = {
  name: 'requests',
  about: 'resident memory of the server over ten million lookups',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const count = knob('N', 10 * MILLION);
  const engines = await startEngines(context);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const uids = await storeOrders(ORDERS, engines, tables, context);
  const { url, child } = await startService(engines, {}, context);
  const samples: [millions: number, mb: number][] = [];
  let done = 0;
  const sample = (): void => {
    const memory = memoryOf(child.pid);
    if (memory !== undefined) samples.push([done / MILLION, memory.rssMb]);
  };
  const options = { url, uids, choice: 'zipf' as const, connections: CONNECTIONS, pids: [child.pid] };
  while (done < count) {
    const part = await wrk({ ...options, seconds: PART_S, folder: engines.folder, signal: context.signal });
    done += part.requests;
    sample();
    context.say(`${fixed(done / MILLION, 1)} million, ${whole(samples.at(-1)?.[1] ?? Number.NaN)} MB`);
  }
  const steady = samples.slice(Math.floor(samples.length * SETTLING_SHARE));
  const found = trend(steady);
  const sizes = steady.map(([, mb]) => mb);
  const peak = memoryOf(child.pid)?.peakMb ?? Number.NaN;
  return {
    tables: [
      {
        title: `${fixed(done / MILLION, 1)} million lookups of ${whole(ORDERS)} orders by Zipf’s law; resident memory, MB`,
        columns: ['', 'min', 'max', 'at the end', 'ever'],
        rows: [
          [
            'after the first fifth',
            ...[Math.min(...sizes), Math.max(...sizes), sizes.at(-1) ?? Number.NaN, peak].map(whole),
          ],
        ],
      },
    ],
    data: { versions: engines.versions, count: done, samples, slope: found, peak },
    lines: [
      ...(found === undefined
        ? []
        : [`requests slope_mb_per_million ${fixed(found.slope, 2)} ± ${fixed(found.margin, 2)}`]),
      `requests max_mb ${whole(peak)}`,
    ],
  };
}
