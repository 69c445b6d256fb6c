import { Latencies, type LatencySummary } from './latencies.ts';
import { sleep } from './wait.ts';

export interface PacedLookups {
  readonly url: string;
  readonly uids: readonly string[];
  /** Lookups per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Of all of them, and by the tier that answered. */
export interface LookupLatencies extends LatencySummary {
  readonly tiers: Readonly<Record<'l1' | 'redis' | 'postgresql', LatencySummary>>;
}

const OK = 200;

/**
 * Looks orders up on schedule, whatever becomes of the answers; few of them often and many seldom (Zipf, exponent 1).
 * The instant a lookup was due counts, not the one it was sent, so a stall is charged to every lookup it delays (no
 * coordinated omission).
 * @throws when one is not answered with the order
 */
export async function pacedLookups({ url, uids, rate, seconds, signal }: PacedLookups): Promise<LookupLatencies> {
  const latencies = new Latencies();
  const tiers = { l1: new Latencies(), redis: new Latencies(), postgresql: new Latencies() };
  const asked: Promise<void>[] = [];
  const started = performance.now();
  const ask = async (uid: string, due: number): Promise<void> => {
    const response = await fetch(`${url}/api/v1/orders/${uid}`);
    await response.arrayBuffer();
    if (response.status !== OK) throw new Error(`a lookup was answered with ${response.status}`);
    const ms = performance.now() - due;
    latencies.add(ms);
    const tier = response.headers.get('x-cache');
    if (tier === 'l1' || tier === 'redis' || tier === 'postgresql') tiers[tier].add(ms);
  };
  for (let index = 0; index < rate * seconds; index++) {
    const due = started + (index * 1000) / rate;
    const early = due - performance.now();
    if (early > 0) await sleep(early, signal);
    asked.push(ask(uids[Math.floor(uids.length ** Math.random())] ?? '', due));
  }
  await Promise.all(asked);
  const { l1, redis, postgresql } = tiers;
  return {
    ...latencies.summary(),
    tiers: { l1: l1.summary(), redis: redis.summary(), postgresql: postgresql.summary() },
  };
}
