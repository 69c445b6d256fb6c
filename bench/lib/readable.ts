import { orderUid } from '../../src/producer/order-uid.ts';
import { Latencies, type LatencySummary } from './latencies.ts';
import { epochMs, sleep, throwIfAborted } from './wait.ts';

/** A load on schedule: order k of the seed is due at `epoch + k × 1000 / rate`. */
export interface Schedule {
  readonly seed: number;
  /** ms since the Unix epoch. */
  readonly epoch: number;
  /** Orders per second. */
  readonly rate: number;
}

export interface SamplingOptions {
  /** The service's address. */
  readonly url: string;
  /** Time left out at the start of the schedule, s. */
  readonly warmUpS: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly signal: AbortSignal;
}

const OK = 200;
const NOT_FOUND = 404;
const GIVE_UP_MS = 120_000;
/**
 * Pauses between two looks grow with the time waited already: what a look misses is 2 % of the latency at most, or half
 * a millisecond, and a slow order costs few more looks than a fast one.
 */
const PAUSE_SHARE = 0.02;
const SHORTEST_PAUSE_MS = 0.5;

/**
 * How long after they were due orders can be read over REST, for a few orders each second. The instant an order was due
 * counts, not the one it was sent or first asked for, so a stall is charged to every order it delays (no coordinated
 * omission).
 */
export async function sampleReadable(schedule: Schedule, options: SamplingOptions): Promise<LatencySummary> {
  const { warmUpS, seconds, samplesPerSecond, signal } = options;
  const latencies = new Latencies();
  const waiting: Promise<void>[] = [];
  for (let sample = 0; sample < seconds * samplesPerSecond; sample++) {
    const at = warmUpS + sample / samplesPerSecond;
    const index = Math.ceil(at * schedule.rate);
    const due = schedule.epoch + (index * 1000) / schedule.rate;
    await sleep(Math.max(0, due - epochMs()), signal);
    const uid = orderUid(schedule.seed, index);
    waiting.push(untilReadable(uid, due, options).then((latency) => latencies.add(latency)));
  }
  await Promise.all(waiting);
  return latencies.summary();
}

async function untilReadable(uid: string, due: number, { url, signal }: SamplingOptions): Promise<number> {
  for (;;) {
    throwIfAborted(signal);
    const response = await fetch(`${url}/api/v1/orders/${uid}`, { signal: AbortSignal.timeout(GIVE_UP_MS) });
    await response.arrayBuffer();
    const waited = epochMs() - due;
    if (response.status === OK) return waited;
    if (response.status !== NOT_FOUND) throw new Error(`a lookup was answered with ${response.status}`);
    if (waited > GIVE_UP_MS) throw new Error(`order ${uid} can't be read after ${Math.round(waited)} ms`);
    await Bun.sleep(Math.max(SHORTEST_PAUSE_MS, waited * PAUSE_SHARE));
  }
}
