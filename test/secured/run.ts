/**
 * The whole pipe on secured engines, each of which is killed: `bun test/secured/run.ts`, with COUNT orders (100000) at
 * RATE a second (600). The executable runs in an empty folder outside the checkout: `dist/test-service`, or PROGRAM.
 * Exit codes: 0 every message is accounted for, 1 it is not.
 */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/lib/app-error.ts';
import { type AppProcess, killRunning, startProgram } from '../helpers/app-process.ts';
import { watchOver } from '../helpers/run-sweep.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';
import { SecuredRig } from './rig.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = process.env['PROGRAM'] ?? join(ROOT, 'dist/test-service');
const COUNT = Number(process.env['COUNT'] ?? 100_000);
const RATE = Number(process.env['RATE'] ?? 600);
const FAULTS =
  'malformed=0.5%,unknown_field=0.5%,future_date=0.5%,oversize=0.05%,tombstone=0.5%,duplicate=2%,changed=2%';

const began = performance.now();
const folder = createTempDir('test-service-tests-').path;
chmodSync(folder, 0o711);
const sweep = watchOver(folder);
let code = 1;
try {
  code = (await campaign()) ? 0 : 1;
} catch (error) {
  print(`secured FAILED: ${messageOf(error)}`);
} finally {
  await killRunning();
  await sweep();
}
process.exit(code);

async function campaign(): Promise<boolean> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: make build`);
  print('starting three Kafka nodes, PostgreSQL, PgBouncer, Redis and Sentinels');
  const rig = await SecuredRig.start(folder);
  const kafka = rig.kafkaClients;
  await rig.kafka.untilWhole(kafka);
  const place = join(folder, 'empty');
  mkdirSync(place);
  const start = (...args: string[]): AppProcess =>
    startProgram([PROGRAM, ...args], { cwd: place, env: { ...rig.env, TEST_SERVICE_OPS_PORT: '0' } });
  const run = async (...args: string[]): Promise<string> => {
    const { code: ended, stdout, stderr } = await start(...args).exited;
    if (ended !== 0) throw new Error(`test-service ${args.join(' ')} ended with ${ended}:\n${stderr}${stdout}`);
    return stdout.trim();
  };
  print(await run('migrate', 'up'));
  const consumers = [start('consume', '--json'), start('consume', '--json')];
  const server = start('serve', '--json');
  for (const one of [...consumers, server]) await one.untilUp();
  // A busy machine may be too slow for its deadlines.
  await until(async () => print(await run('doctor')) === undefined, 120_000, 1_000);
  const manifest = join(folder, 'manifest.ndjson');
  const load = ['--count', String(COUNT), '--rate', String(RATE), '--faults', FAULTS, '--manifest', manifest];
  const producing = run('produce', ...load, '--json');
  const lookups = watchLookups(rig);
  // Each is the primary of something: of a third of the partitions, of the group, of the cluster.
  const kills: [string, () => Promise<unknown>][] = [
    ...[0, 1, 2].map((node): [string, () => Promise<unknown>] => [
      `Kafka node ${node + 1}`,
      async () => {
        await rig.kafka.kill(node);
        await rig.kafka.untilMissed(kafka);
        await rig.kafka.boot(node);
        await rig.kafka.untilWhole(kafka);
      },
    ]),
    ['PostgreSQL', () => rig.postgresql.kill().then(() => rig.postgresql.boot())],
    ['Redis, the primary', () => rig.redis.primary.kill()],
    ['PgBouncer', () => rig.pgbouncer.kill().then(() => rig.pgbouncer.boot())],
    ['a consumer', async () => consumers[0]?.kill('SIGKILL')],
  ];
  for (const [at, [name, kill]] of kills.entries()) {
    await rig.untilConsumed((COUNT * (at + 1)) / (kills.length + 3));
    print(`kill -9: ${name}`);
    await kill();
    print(`${name} is back`);
  }
  print(`sent: ${await producing}`);
  const verdict = await run('verify', '--wait', '600', '--manifest', manifest);
  print(verdict);
  print(`lookups by status, while all that went on: ${JSON.stringify(await lookups.end())}`);
  if ((await rig.lookup()) !== 200) throw new Error('an order that is stored is not found');
  for (const one of [...consumers.slice(1), server]) {
    const exit = await one.stop();
    if (exit.code !== 0) throw new Error(`it did not stop in order:\n${exit.stderr.slice(-2_000)}`);
  }
  await rig.close();
  print('secured OK');
  return /\bOK\b/.test(verdict);
}

/** Looks an order up again and again until the end, and counts the answers by status. */
function watchLookups(rig: SecuredRig): { end(): Promise<Record<string, number>> } {
  const counts: Record<string, number> = {};
  let over = false;
  const work = (async () => {
    while (!over) {
      const status = await rig.lookup().catch(() => 'no answer');
      counts[status] = (counts[status] ?? 0) + 1;
      await Bun.sleep(100);
    }
  })();
  return {
    end: async () => {
      over = true;
      await work;
      return counts;
    },
  };
}

function print(line: string): void {
  process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
}
