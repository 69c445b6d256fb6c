/**
 * A campaign of kills and outages: `KILLS=100 SEED=7 bun test/chaos/run.ts`. Starts engines, consumers and a producer
 * of its own in a temporary folder, does to them what the schedule of the seed says, and verifies that every message is
 * accounted for. Exit codes: 0 all is accounted for, 1 it is not, 2 wrong settings.
 */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/lib/app-error.ts';
import { sweepLeftovers } from '../helpers/run-engines.ts';
import { watchOver } from '../helpers/run-sweep.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { runCampaign } from './campaign.ts';
import { explainFailure, summarize } from './report.ts';
import { describeEvent, planCampaign, type Schedule } from './schedule.ts';

const ARTIFACTS = join(import.meta.dirname, '../../.artifacts');
const MAX_SEED = 4_294_967_295;
/** Orders per second; with the steps of their lives about five times as many messages. */
const RATE = 80;

const kills = setting('KILLS', 100, 1, 10_000);
const seed = setting('SEED', crypto.getRandomValues(new Uint32Array(1))[0] ?? 0, 0, MAX_SEED);
const rate = setting('RATE', RATE, 1, 10_000);
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!interruption.signal.aborted) console.log(`\n${signal}: stopping everything`);
    interruption.abort(new Error(`interrupted by ${signal}`));
  });
}

const schedule = planCampaign(seed, kills);
const replay = `make chaos SEED=${seed} KILLS=${kills}${rate === RATE ? '' : ` RATE=${rate}`}`;
console.log(`seed ${seed}, ${kills} kills, ${rate} orders/s; the same again: ${replay}`);
console.log(schedule.events.map(describeEvent).join('\n'));
process.exit((await run(schedule)) ? 0 : 1);

async function run(plan: Schedule): Promise<boolean> {
  // Named like the folders of test runs: whoever runs tests or chaos next sweeps up what a kill of this one leaves.
  const folder = createTempDir('test-service-tests-').path;
  const sweep = watchOver(folder);
  try {
    await sweepLeftovers(folder);
    const { signal } = interruption;
    const print = (line: string): void => console.log(line);
    const result = await runCampaign({ schedule: plan, rate, folder, signal, print });
    if (result.problems.length > 0) fail(plan, folder, result);
    console.log(`\n${summarize(result)}`);
    console.log(result.problems.length > 0 ? `chaos FAILED; the same again: ${replay}` : `chaos OK, seed ${seed}`);
    return result.problems.length === 0;
  } catch (error) {
    if (interruption.signal.aborted) console.log(messageOf(interruption.signal.reason));
    else fail(plan, folder, { problems: [messageOf(error)], report: undefined });
    console.log(`chaos did not finish; the same again: ${replay}`);
    return false;
  } finally {
    await sweep();
  }
}

/** Says all there is to say, and keeps the logs. */
function fail(plan: Schedule, folder: string, outcome: Parameters<typeof explainFailure>[0]): void {
  const kept = join(ARTIFACTS, `chaos-${plan.seed}`);
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  for (const name of ['logs', 'data/logs', 'manifest.ndjson']) {
    const from = join(folder, name);
    if (existsSync(from)) cpSync(from, join(kept, name), { recursive: true, force: true });
  }
  console.log(`\n${explainFailure(outcome, plan, folder)}\nlogs and manifest are kept in ${kept}`);
}

/** A whole number from the environment. */
function setting(name: string, fallback: number, least: number, most: number): number {
  const text = process.env[name];
  if (text === undefined || text.trim() === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  console.error(`${name}=${text}: a whole number from ${least} to ${most} is wanted`);
  process.exit(2);
}
