import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { type BenchEngines, startEngines } from './lib/engines.ts';
import { lookupCounts } from './lib/lookup-counts.ts';
import { OrderTables } from './lib/order-tables.ts';
import { memoryOf } from './lib/proc.ts';
import { startService } from './lib/service.ts';
import { storeOrders } from './lib/stored-orders.ts';
import { fixed, whole } from './lib/table.ts';
import { type WrkResult, wrk } from './lib/wrk.ts';

const CONNECTIONS = 64;
const WARM_UP_S = 10;
/** Room for about one order in a hundred of a million in the process, and for one in twelve in Redis. */
const L1_BYTES = 16 * 1024 * 1024;
const REDIS_MEMORY = '128mb';

/** Lookups of few orders often and of many seldom, with caches far smaller than the table. */
export const zipf: Bench = {
  name: 'zipf',
  about: 'lookups by Zipf’s law over many orders, with small caches: who answers, and how fast',
  run,
};

async function run(context: BenchContext): Promise<BenchReport> {
  const count = knob('N', 1_000_000);
  const seconds = knob('SECONDS', 30);
  const engines = await startEngines(context);
  await keepRedisSmall(engines);
  const tables = new OrderTables(engines.databaseUrl, context.resources);
  const uids = await storeOrders(count, engines, tables, context);
  const { url, child } = await startService(engines, { 'cache.l1Bytes': L1_BYTES }, context);
  const ask = (length: number): Promise<WrkResult> =>
    wrk({
      url,
      uids,
      choice: 'zipf',
      connections: CONNECTIONS,
      seconds: length,
      folder: engines.folder,
      pids: [child.pid],
      signal: context.signal,
    });
  context.say('warming up');
  await ask(WARM_UP_S);
  const before = await lookupCounts(url);
  context.say(`asking for ${seconds} s`);
  const result = await ask(seconds);
  const after = await lookupCounts(url);
  const answered = after.map(([tier, total], at) => [tier, total - (before[at]?.[1] ?? 0)] as const);
  const all = answered.reduce((sum, [, number]) => sum + number, 0);
  const share = (wanted: string): number => (answered.find(([tier]) => tier === wanted)?.[1] ?? 0) / all;
  const hits = share('l1') + share('redis');
  const memory = memoryOf(child.pid);
  return {
    tables: [
      {
        title: `${whole(count)} orders, ${CONNECTIONS} connections, ${seconds} s, exponent 1; L1 ${L1_BYTES / 2 ** 20} MB, Redis ${REDIS_MEMORY}; CPU in µs a request, latency in ms`,
        columns: ['', 'requests/s', 'CPU', 'p50', 'p99', 'L1', 'Redis', 'PostgreSQL', 'RSS, MB'],
        rows: [
          [
            'lookups',
            whole(result.rate),
            fixed(result.cpu, 1),
            fixed(result.p50, 2),
            fixed(result.p99, 2),
            ...['l1', 'redis', 'postgresql'].map((tier) => `${fixed(share(tier) * 100, 1)} %`),
            whole(memory?.rssMb ?? Number.NaN),
          ],
        ],
      },
    ],
    data: { count, seconds, versions: engines.versions, result, answered, memory },
    lines: [`zipf p99_ms ${fixed(result.p99, 2)}`, `zipf hit_ratio ${fixed(hits, 3)}`],
  };
}

async function keepRedisSmall({ redisUrl }: BenchEngines): Promise<void> {
  const redis = new Bun.RedisClient(redisUrl);
  await redis.send('CONFIG', ['SET', 'maxmemory', REDIS_MEMORY]);
  await redis.send('CONFIG', ['SET', 'maxmemory-policy', 'allkeys-lfu']);
  redis.close();
}
