import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { startEngines } from './lib/engines.ts';
import { OrderTables } from './lib/order-tables.ts';
import { cpuOfEndedChildren, processesOf } from './lib/proc.ts';
import { type RunningService, startService } from './lib/service.ts';
import { median } from './lib/stats.ts';
import { storeOrders } from './lib/stored-orders.ts';
import { fixed, whole } from './lib/table.ts';
import { type WrkResult, wrk } from './lib/wrk.ts';

const ORDERS = 1_000;
const CONNECTIONS = 64;
const WARM_UP_S = 3;

/** Lookups of one server process against those of several that share the port. */
export const processes: Bench = {
  name: 'processes',
  about: 'lookups by several server processes on one port, against one',
  run,
};

/** A round: what wrk has seen, and the CPU wrk itself took, µs a request. */
interface Round extends WrkResult {
  readonly generatorCpu: number;
}

async function run(context: BenchContext): Promise<BenchReport> {
  const seconds = knob('SECONDS', 8);
  const rounds = knob('ROUNDS', 3);
  const several = knob('PROCESSES', 2, 2);
  const engines = await startEngines(context);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const uids = await storeOrders(ORDERS, engines, tables, context);
  const ask = async ({ url, child }: RunningService, length: number): Promise<Round> => {
    const before = generatorCpu();
    const result = await wrk({
      url,
      uids,
      connections: CONNECTIONS,
      seconds: length,
      folder: engines.folder,
      pids: processesOf(child.pid),
      signal: context.signal,
    });
    return { ...result, generatorCpu: (generatorCpu() - before) / result.requests };
  };
  const contenders: { processes: number; service: RunningService; rounds: Round[] }[] = [];
  for (const count of [1, several]) {
    const service = await startService(engines, { 'server.processes': count }, context);
    contenders.push({ processes: count, service, rounds: [] });
  }
  for (let round = 0; round <= rounds; round++) {
    context.say(`round ${round} of ${rounds}`);
    for (const one of contenders) {
      const result = await ask(one.service, round === 0 ? WARM_UP_S : seconds);
      if (round > 0) one.rounds.push(result);
    }
  }
  const measured = contenders.map(({ processes: count, rounds: all }) => {
    const of = (pick: (one: Round) => number): number => median(all.map(pick));
    const rate = of((one) => one.rate);
    const cpu = of((one) => one.cpu);
    const generator = of((one) => one.generatorCpu);
    return { count, rate, cpu, generator, p99: of((one) => one.p99), rounds: all };
  });
  const [one, more] = measured;
  if (one === undefined || more === undefined) throw new Error('nothing was measured');
  const cores = (cpu: number, rate: number): string => fixed((cpu * rate) / 1e6, 2);
  return {
    tables: [
      {
        title: `${CONNECTIONS} connections, ${ORDERS} orders in turn, from memory; CPU in µs a request, latency in ms`,
        columns: ['processes', 'requests/s', 'ratio', 'CPU', 'CPU ratio', 'cores', 'cores of wrk', 'p99'],
        rows: measured.map(({ count, rate, cpu, generator, p99 }) => [
          whole(count),
          whole(rate),
          fixed(rate / one.rate, 2),
          fixed(cpu, 1),
          fixed(cpu / one.cpu, 2),
          cores(cpu, rate),
          cores(generator, rate),
          fixed(p99, 2),
        ]),
      },
    ],
    data: { versions: engines.versions, seconds, rounds, measured },
    lines: [`processes cpu_ratio ${fixed(more.cpu / one.cpu, 2)}`, `processes ratio ${fixed(more.rate / one.rate, 2)}`],
  };
}

/** CPU of wrk so far, µs: no other child ends between two looks. */
function generatorCpu(): number {
  return cpuOfEndedChildren(process.pid);
}
