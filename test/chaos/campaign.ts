import { readFileSync } from 'node:fs';
import type { VerifyReport } from '../../src/contract/verification.ts';
import { aborted, pause } from '../../src/lib/backoff.ts';
import { until } from '../helpers/until.ts';
import type { AppProcess } from './app-process.ts';
import { Rig } from './rig.ts';
import { type ChaosEvent, type ChaosKind, describeAction, type Schedule } from './schedule.ts';

export interface CampaignOptions {
  readonly schedule: Schedule;
  /** Orders per second. */
  readonly rate: number;
  /** Empty, and the caller's to remove. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

export interface CampaignResult {
  /** Why the campaign failed; empty when all is accounted for and every process behaved. */
  readonly problems: readonly string[];
  /** Events of each kind that were done, in the order of their first. */
  readonly done: ReadonlyMap<ChaosKind, number>;
  /** Events that found nothing to be done to: no process at that moment, or no such statement came by. */
  readonly missed: ReadonlyMap<ChaosKind, number>;
  readonly sent: number;
  readonly consumerStarts: number;
  readonly failedStarts: number;
  /** What became of the consumers' batches, by outcome, as far as they lived to tell. */
  readonly batches: ReadonlyMap<string, number>;
  /** Undefined when it was not to be had. */
  readonly report: VerifyReport | undefined;
  /** From the first event's clock to the end of the verification. */
  readonly seconds: number;
  readonly drainSeconds: number;
}

/** About 6 % of the orders are bad, 6 % good in an unusual way. */
const FAULTS =
  'malformed=0.6%,invalid_utf8=0.4%,unknown_field=0.6%,type_mismatch=0.6%,integer_range=0.4%,sums_mismatch=0.6%,' +
  'invalid_date=0.5%,future_date=0.5%,nul=0.6%,surrogate=0.6%,oversize=0.05%,tombstone=0.5%,' +
  'duplicate=2%,changed=3%,out_of_order=1%';
const PRODUCER_START_MS = 120_000;
const PRODUCER_STOP_MS = 120_000;
const DRAIN_S = 300;
const VERIFY_LIMIT_MS = (DRAIN_S + 300) * 1_000;

/**
 * Runs the schedule against a system of its own, heals it, lets it drain, and verifies that every message is accounted
 * for.
 * @throws what keeps the system from being started at all, and the signal's reason when it aborts.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { folder, signal, print } = options;
  const rig = await Rig.start({ folder, signal, print });
  const work = conduct(rig, options);
  try {
    const interrupted = aborted(signal).then(() => Promise.reject(signal.reason));
    return await Promise.race([work, interrupted]);
  } finally {
    await rig.close();
    // An interrupted one comes to its end without anything to do it to.
    await work.catch(() => {});
  }
}

async function conduct(rig: Rig, options: CampaignOptions): Promise<CampaignResult> {
  const { schedule, rate, folder, signal, print } = options;
  const manifest = `${folder}/manifest.ndjson`;
  const seed = String(schedule.seed);
  const args = [
    '--rate',
    String(rate),
    '--seed',
    seed,
    '--faults',
    FAULTS,
    '--manifest',
    manifest,
    '--json',
    '--life',
    'on',
  ];
  const producer = rig.run('producer', ['produce', ...args], {
    TEST_SERVICE_SHUTDOWN_TIMEOUT_MS: '60000',
  });
  await until(() => signal.aborted || readable(manifest) || !producer.running, PRODUCER_START_MS, 20);
  const campaign = new Campaign(rig, options, producer);
  await campaign.performAll();
  const { sent, problem } = await stopProducer(producer);
  signal.throwIfAborted();
  const { report, code, seconds: drainSeconds } = await verify(rig, manifest, print);
  signal.throwIfAborted();
  const { seconds } = campaign;
  print('          stopping the consumers');
  await Promise.all(rig.slots.map((slot) => slot.stop()));
  const problems = [
    ...campaign.problems,
    ...(problem === undefined ? [] : [problem]),
    ...(code === 0 ? [] : [`verify ended with exit code ${code}`]),
    ...rig.slots.flatMap((slot) => slot.violations),
  ];
  return {
    problems,
    done: campaign.done,
    missed: campaign.missed,
    sent,
    consumerStarts: sum(rig.slots.map((slot) => slot.starts)),
    failedStarts: sum(rig.slots.map((slot) => slot.failedStarts)),
    batches: countOutcomes(rig.slots.map((slot) => slot.logFile)),
    report,
    seconds,
    drainSeconds,
  };
}

/** The schedule as it is carried out. */
class Campaign {
  readonly done = new Map<ChaosKind, number>();
  readonly missed = new Map<ChaosKind, number>();
  readonly problems: string[] = [];
  readonly #rig: Rig;
  readonly #options: CampaignOptions;
  readonly #producer: AppProcess;
  readonly #started = performance.now();

  constructor(rig: Rig, options: CampaignOptions, producer: AppProcess) {
    this.#rig = rig;
    this.#options = options;
    this.#producer = producer;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1_000;
  }

  /** Begins every event at its time, even while earlier ones last; resolves when all are over and healed. */
  async performAll(): Promise<void> {
    const { schedule, signal } = this.#options;
    this.#rig.scaleUp();
    const events: Promise<void>[] = [];
    for (const event of schedule.events) {
      await this.#pauseUntil(event.atMs);
      if (signal.aborted || !this.#producer.running) break;
      events.push(this.#perform(event));
    }
    await this.#pauseUntil(schedule.lengthMs);
    await Promise.all(events);
    signal.throwIfAborted();
    await this.#rig.heal();
    this.#say('everything is healed');
  }

  async #perform(event: ChaosEvent): Promise<void> {
    this.#say(describeAction(event));
    try {
      const counts = (await this.#rig.perform(event)) ? this.done : this.missed;
      counts.set(event.kind, (counts.get(event.kind) ?? 0) + 1);
    } catch (error) {
      if (this.#options.signal.aborted) return;
      this.problems.push(`event ${event.number}, ${describeAction(event)}: ${String(error)}`);
    }
  }

  #say(text: string): void {
    this.#options.print(`${this.seconds.toFixed(1).padStart(7)} s  ${text}`);
  }

  async #pauseUntil(atMs: number): Promise<void> {
    await pause(Math.max(0, this.#started + atMs - performance.now()), this.#options.signal);
  }
}

/** It has sent everything it took; every message was acknowledged. */
async function stopProducer(producer: AppProcess): Promise<{ sent: number; problem: string | undefined }> {
  const early = !producer.running;
  const { code, signal, inTime } = await producer.stop(PRODUCER_STOP_MS);
  const sent = Number(/"sent":(\d+)/.exec(producer.output)?.[1] ?? 0);
  if (early) return { sent, problem: `the producer ended by itself: ${signal ?? `exit code ${code}`}` };
  if (!inTime) return { sent, problem: `the producer did not stop within ${PRODUCER_STOP_MS / 1000} s` };
  return {
    sent,
    problem: code === 0 ? undefined : `the producer stopped with ${signal ?? `exit code ${code}`}`,
  };
}

async function verify(rig: Rig, manifest: string, print: (line: string) => void) {
  const started = performance.now();
  print('          waiting until everything is stored, then verifying');
  const args = ['verify', '--wait', String(DRAIN_S), '--manifest', manifest, '--json'];
  const child = rig.run('verify', args);
  const timer = setTimeout(() => child.kill(), VERIFY_LIMIT_MS);
  const { code } = await child.exited;
  clearTimeout(timer);
  return { code, report: parseReport(child.output), seconds: (performance.now() - started) / 1_000 };
}

function parseReport(output: string): VerifyReport | undefined {
  return output.trim() === '' ? undefined : JSON.parse(output);
}

/** Reads the consumers' logs line by line: `"outcome":"fenced"`. */
function countOutcomes(logFiles: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const file of logFiles) {
    for (const [, outcome = ''] of readFileSync(file, 'utf8').matchAll(/"outcome":"(\w+)"/g)) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
  }
  return counts;
}

function readable(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes('\n');
  } catch {
    return false;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
