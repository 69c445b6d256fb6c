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

const OK = 200;

/**
 * Looks orders up on schedule, whatever becomes of the answers; few of them often and many seldom (Zipf, exponent 1). The instant a lookup was
 * due counts, not the one it was sent, so a stall is charged to every lookup it delays (no coordinated omission).
 * @throws when one is not answered with the order
 */
export async function pacedLookups({
  url,
  uids,
  rate,
  seconds,
  signal,
}: PacedLookups): Promise<LatencySummary> {
  const latencies = new Latencies();
  const asked: Promise<void>[] = [];
  const started = performance.now();
  const ask = async (uid: string, due: number): Promise<void> => {
    const response = await fetch(`${url}/api/v1/orders/${uid}`);
    await response.arrayBuffer();
    if (response.status !== OK) throw new Error(`a lookup was answered with ${response.status}`);
    latencies.add(performance.now() - due);
  };
  for (let index = 0; index < rate * seconds; index++) {
    const due = started + (index * 1000) / rate;
    const early = due - performance.now();
    if (early > 0) await sleep(early, signal);
    asked.push(ask(uids[Math.floor(uids.length ** Math.random())] ?? '', due));
  }
  await Promise.all(asked);
  return latencies.summary();
}
