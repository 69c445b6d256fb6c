import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { Child } from './lib/child.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import { OrderTables } from './lib/order-tables.ts';
import { cpuOf } from './lib/proc.ts';
import { startService } from './lib/service.ts';
import { median } from './lib/stats.ts';
import { storeOrders } from './lib/stored-orders.ts';
import { fixed, type Table, whole } from './lib/table.ts';
import { hasWrk2, wrk } from './lib/wrk.ts';

const CONNECTIONS = 64;
/** Of the rate at which the service is asked for latencies: how much of what wrk reaches. */
const LOAD_SHARE = 0.4;
/** Of the client; wrk2 leaves its first seconds out, too. */
const WARM_UP_S = 3;
/** More than any server answers. */
const FULL_RATE = 1_000_000;

/** The readers against wrk, as a measuring tool: what they reach on as many connections, and which latencies they see. */
export const read: Bench = {
  name: 'read',
  about: '`test-service read` against wrk on as many connections, and its latencies against those of wrk2',
  run,
};

/** Lookups of one turn; latencies in ms, CPU of the client in µs a request. */
interface Turn {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly clientCpu: number;
}

async function run(context: BenchContext): Promise<BenchReport> {
  const { signal } = context;
  const seconds = knob('SECONDS', 8);
  const rounds = knob('ROUNDS', 3);
  const orders = knob('N', 1_000);
  const engines = await startEngines(context);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const uids = await storeOrders(orders, engines, tables, context);
  const { url, child } = await startService(engines, {}, context);
  const shared = { url, uids, connections: CONNECTIONS, seconds, folder: engines.folder, pids: [child.pid], signal };
  const ours = (rate: number): Promise<Turn> => readTurn(rate, { url, orders, seconds }, engines, context);
  context.say('warming up');
  await ours(FULL_RATE);
  const full: { wrk: number; readers: Turn }[] = [];
  for (let round = 1; round <= rounds; round++) {
    context.say(`full load: round ${round} of ${rounds}`);
    full.push({ wrk: (await wrk({ ...shared, choice: 'zipf' })).rate, readers: await ours(FULL_RATE) });
  }
  const ratio = median(full.map((turn) => turn.readers.rate / turn.wrk));
  const rate = Math.round(median(full.map((turn) => turn.wrk)) * LOAD_SHARE);
  const paced: { wrk2: { p50: number; p99: number } | undefined; readers: Turn }[] = [];
  for (let round = 1; round <= rounds; round++) {
    context.say(`${rate} lookups/s: round ${round} of ${rounds}`);
    const wrk2 = hasWrk2() ? await wrk({ ...shared, choice: 'zipf', rate }) : undefined;
    paced.push({ wrk2, readers: await ours(rate) });
  }
  const p99Ratio = median(paced.map(({ wrk2, readers }) => readers.p99 / (wrk2?.p99 ?? Number.NaN)));
  const of = (pick: (turn: Turn) => number, turns: readonly { readers: Turn }[]): number =>
    median(turns.map(({ readers }) => pick(readers)));
  const table: Table = {
    title: `${CONNECTIONS} connections, ${whole(orders)} orders by Zipf’s law, ${seconds} s; latency in ms from the instant each was due, CPU of the client in µs a request`,
    columns: ['', 'lookups/s', 'ratio', 'p50', 'p99', 'CPU'],
    rows: [
      ['wrk, full load', whole(median(full.map((turn) => turn.wrk))), '1.00', '', '', ''],
      [
        'readers, full load',
        whole(of((turn) => turn.rate, full)),
        fixed(ratio, 2),
        '',
        '',
        fixed(
          of((turn) => turn.clientCpu, full),
          1,
        ),
      ],
      [
        'wrk2',
        whole(rate),
        '',
        fixed(median(paced.map(({ wrk2 }) => wrk2?.p50 ?? Number.NaN)), 2),
        fixed(median(paced.map(({ wrk2 }) => wrk2?.p99 ?? Number.NaN)), 2),
        '',
      ],
      [
        'readers',
        whole(of((turn) => turn.rate, paced)),
        '',
        fixed(
          of((turn) => turn.p50, paced),
          2,
        ),
        fixed(
          of((turn) => turn.p99, paced),
          2,
        ),
        fixed(
          of((turn) => turn.clientCpu, paced),
          1,
        ),
      ],
    ],
  };
  return {
    tables: [table],
    data: { orders, seconds, rounds, versions: engines.versions, full, paced },
    lines: [`read ratio ${fixed(ratio, 2)}`, ...(hasWrk2() ? [`read p99 ratio ${fixed(p99Ratio, 2)}`] : [])],
  };
}

interface Asked {
  readonly url: string;
  readonly orders: number;
  readonly seconds: number;
}

/** The real command, with lookups only. @throws when an answer was stale, or was none */
async function readTurn(rate: number, asked: Asked, engines: BenchEngines, context: BenchContext): Promise<Turn> {
  const { url, orders, seconds } = asked;
  const mix = ['--absent', '0', '--lists', '0', '--repeats', '0', '--connections', String(CONNECTIONS)];
  const args = [
    'read',
    '--url',
    url,
    '--rate',
    String(rate),
    '--duration',
    `${seconds}s`,
    '--warm-up',
    `${WARM_UP_S}s`,
    '--orders',
    String(orders),
  ];
  const child = Child.app(engines, [...args, ...mix, '--json'], {}, context.resources);
  let cpu = 0;
  // Read while it runs: of a process that has ended there is nothing.
  const timer = setInterval(() => {
    cpu = cpuOf(child.pid) ?? cpu;
  }, 100);
  const report = JSON.parse(await child.line());
  clearInterval(timer);
  const { failures, stale, answered } = report;
  const others = Object.keys(failures).filter((kind) => kind !== 'unsent');
  if (stale > 0 || others.length > 0) throw new Error(`${stale} stale, failed: ${JSON.stringify(failures)}`);
  const lookups = report.latencies.find(({ outcome }: { outcome: string }) => outcome === 'l1');
  return { rate: report.rate, p50: lookups.p50, p99: lookups.p99, clientCpu: cpu / answered };
}
