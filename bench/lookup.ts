import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BareResponse, BareServerInput } from './lib/bare-server.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { type AppSettings, Child } from './lib/child.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import { OrderTables } from './lib/order-tables.ts';
import { type RunningService, startService } from './lib/service.ts';
import { median } from './lib/stats.ts';
import { storeOrders } from './lib/stored-orders.ts';
import { fixed, type Table, whole } from './lib/table.ts';
import { type WrkResult, wrk } from './lib/wrk.ts';

const ORDERS = 1_000;
const CONNECTIONS = 64;
const WARM_UP_S = 6;
/** Contenders take turns of this length: what else happens on the machine then slows them alike. */
const TURN_S = 2;
const KEY_PREFIX = 'bare:';
/** What the service's own pool has by default. */
const POSTGRESQL_CONNECTIONS = 10;

/** Lookups by tier, each against a bare server that does nothing but what the tier can't do without. */
export const lookup: Bench = {
  name: 'lookup',
  about: 'lookups over HTTP by the tier that answers, against bare servers over the same source',
  run,
};

interface Contender {
  readonly name: string;
  readonly input?: BareServerInput;
  readonly settings?: AppSettings;
}

/** Medians of the turns. */
type Figures = Omit<WrkResult, 'requests'>;

interface Measured {
  readonly name: string;
  readonly figures: Figures;
  /** Those of all contenders of a tier were taken one after the other, in this order. */
  readonly turns: readonly WrkResult[];
}

async function run(context: BenchContext): Promise<BenchReport> {
  const seconds = knob('SECONDS', 8);
  const rounds = knob('ROUNDS', 3);
  const engines = await startEngines(context);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const uids = await storeOrders(ORDERS, engines, tables, context);
  const responses = await ownResponses(uids, engines, context);
  const file = join(engines.folder, 'responses.json');
  writeFileSync(file, JSON.stringify(responses));
  await fillRedis(engines, responses);
  const groups: Record<'l1' | 'redis' | 'pg', Contender[]> = {
    l1: [
      { name: 'bare, same bytes', input: { source: 'memory', file } },
      { name: 'service, L1', settings: {} },
    ],
    redis: [
      {
        name: 'bare GET, service’s client',
        input: { source: 'redis', url: engines.redisUrl, client: 'node-redis', keyPrefix: KEY_PREFIX },
      },
      {
        name: 'bare GET, Bun’s client',
        input: { source: 'redis', url: engines.redisUrl, client: 'bun', keyPrefix: KEY_PREFIX },
      },
      { name: 'service, Redis', settings: { 'cache.l1Bytes': 0 } },
    ],
    pg: [
      {
        name: 'bare statement',
        input: { source: 'postgresql', url: engines.databaseUrl, connections: POSTGRESQL_CONNECTIONS },
      },
      {
        name: 'service, PostgreSQL',
        settings: { 'cache.enabled': false, 'postgresql.maxConnections': POSTGRESQL_CONNECTIONS },
      },
    ],
  };
  const tablesOut: Table[] = [];
  const data: Record<string, unknown> = { versions: engines.versions, seconds, rounds };
  const lines: string[] = [];
  for (const [tier, contenders] of Object.entries(groups)) {
    const measured = await measureAll(tier, contenders, { seconds, rounds, uids }, engines, context);
    const service = measured.at(-1);
    // The fastest of the bare ones is what counts.
    const bare = measured.slice(0, -1).sort((a, b) => b.figures.rate - a.figures.rate)[0];
    if (service === undefined || bare === undefined) continue;
    const ratio = against(bare, service, ({ rate }) => rate);
    const cpuRatio = against(bare, service, ({ cpu }) => cpu);
    tablesOut.push(tierTable(tier, measured, bare));
    data[tier] = { measured, ratio, cpuRatio };
    lines.push(`lookup-${tier} cpu_ratio ${fixed(cpuRatio, 2)}`, `lookup-${tier} ratio ${fixed(ratio, 2)}`);
  }
  return { tables: tablesOut, data, lines };
}

/**
 * Each round has servers of its own: where a process's memory happens to lie makes a difference of a twentieth, and it
 * is the same for as long as the process lives. All run, and only the one that is asked does anything.
 */
async function measureAll(
  tier: string,
  contenders: readonly Contender[],
  { seconds, rounds, uids }: { seconds: number; rounds: number; uids: readonly string[] },
  engines: BenchEngines,
  context: BenchContext,
): Promise<Measured[]> {
  const results = new Map(contenders.map(({ name }) => [name, [] as WrkResult[]]));
  for (let round = 1; round <= rounds; round++) {
    context.say(`${tier}: round ${round} of ${rounds}`);
    const servers = [];
    for (const one of contenders) servers.push({ ...one, ...(await start(one, engines, context)) });
    const ask = ({ url, child }: RunningService, length: number): Promise<WrkResult> =>
      wrk({
        url,
        uids,
        connections: CONNECTIONS,
        seconds: length,
        folder: engines.folder,
        pids: [child.pid],
        signal: context.signal,
      });
    // Caches are filled, code is compiled.
    for (const server of servers) await ask(server, WARM_UP_S);
    for (let asked = 0; asked < seconds; asked += TURN_S)
      for (const server of servers) results.get(server.name)?.push(await ask(server, TURN_S));
    for (const { child } of servers) await child.stop();
  }
  return [...results].map(([name, turns]) => ({ name, figures: summary(turns), turns }));
}

async function start(
  { input, settings }: Contender,
  engines: BenchEngines,
  context: BenchContext,
): Promise<RunningService> {
  if (input !== undefined) {
    const child = Child.script('bare-server.ts', input, context.resources);
    const { url }: { url: string } = JSON.parse(await child.line());
    return { url, child };
  }
  return await startService(engines, settings ?? {}, context);
}

/** Headers that Bun writes by itself. */
const OWN_HEADERS = ['date', 'content-length'];

/** What lookups answered from memory are answered with. */
async function ownResponses(
  uids: readonly string[],
  engines: BenchEngines,
  context: BenchContext,
): Promise<BareResponse[]> {
  const { url, child } = await startService(engines, {}, context);
  const all: BareResponse[] = [];
  for (const uid of uids) {
    // The first lookup is answered by PostgreSQL, the second by Redis.
    for (const look of [1, 2, 3]) {
      const response = await fetch(`${url}/api/v1/orders/${uid}`);
      const body = await response.text();
      if (!response.ok) throw new Error(`a lookup was answered with ${response.status}`);
      const headers = [...response.headers].filter(([name]) => !OWN_HEADERS.includes(name));
      if (look === 3) all.push({ uid, body, headers: Object.fromEntries(headers) });
    }
  }
  await child.stop();
  return all;
}

async function fillRedis({ redisUrl }: BenchEngines, responses: readonly BareResponse[]): Promise<void> {
  const redis = new Bun.RedisClient(redisUrl);
  await Promise.all(responses.map(({ uid, body }) => redis.set(KEY_PREFIX + uid, body)));
  redis.close();
}

function summary(turns: readonly WrkResult[]): Figures {
  const of = (pick: (one: WrkResult) => number): number => median(turns.map(pick));
  return {
    rate: of(({ rate }) => rate),
    cpu: of(({ cpu }) => cpu),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
  };
}

/** How many times the bare server's figure: the median of the ratios of turns that followed each other. */
function against(bare: Measured, one: Measured, pick: (turn: WrkResult) => number): number {
  return median(one.turns.map((turn, at) => pick(turn) / pick(bare.turns[at] ?? turn)));
}

function tierTable(tier: string, measured: readonly Measured[], bare: Measured): Table {
  return {
    title: `${tier}: ${CONNECTIONS} connections, ${ORDERS} orders in turn; CPU of the server in µs a request, latency in ms`,
    columns: ['', 'requests/s', 'ratio', 'CPU', 'CPU ratio', 'p50', 'p99'],
    rows: measured.map((one) => [
      one.name,
      whole(one.figures.rate),
      fixed(
        against(bare, one, ({ rate }) => rate),
        2,
      ),
      fixed(one.figures.cpu, 1),
      fixed(
        against(bare, one, ({ cpu }) => cpu),
        2,
      ),
      fixed(one.figures.p50, 2),
      fixed(one.figures.p99, 2),
    ]),
  };
}
