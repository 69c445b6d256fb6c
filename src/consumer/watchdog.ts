import type { OrderLog } from '../kafka/read/order-log.ts';
import { within } from '../lib/deadline.ts';
import type { PartitionQueue } from './partition-queue.ts';

export interface WatchdogOptions {
  /** How long lag may last without progress. */
  readonly stallMs: number;
  readonly queues: () => ReadonlyMap<number, PartitionQueue>;
  /** True while storing waits for an engine that is down: no progress is expected then. */
  readonly isWaiting: () => boolean;
  readonly onStall: (reason: string) => void;
}

/**
 * Notices a Kafka client that is stuck without an error: a fetch that never ends, heartbeats that stopped, or messages
 * that exist and do not arrive.
 */
export class Watchdog {
  readonly #log: OrderLog;
  readonly #options: WatchdogOptions;
  #timer: ReturnType<typeof setInterval> | undefined;
  #fetchSince: number | undefined;
  #progress = { stored: '', since: 0 };
  #checking = false;

  constructor(log: OrderLog, options: WatchdogOptions) {
    this.#log = log;
    this.#options = options;
  }

  start(): void {
    this.#progress.since = Date.now();
    const everyMs = Math.max(500, this.#options.stallMs / 4);
    this.#timer = setInterval(() => void this.#check(), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  fetchStarts(): void {
    this.#fetchSince = Date.now();
  }

  fetchEnds(): void {
    this.#fetchSince = undefined;
  }

  async #check(): Promise<void> {
    const { stallMs, onStall, isWaiting, queues } = this.#options;
    const now = Date.now();
    if (this.#fetchSince !== undefined && now - this.#fetchSince > stallMs) return onStall('a fetch never ended');
    const heartbeat = this.#log.lastHeartbeat;
    if (heartbeat !== undefined && now - heartbeat > stallMs) return onStall('heartbeats have stopped');
    const stored = [...queues()].map(([partition, queue]) => `${partition}:${queue.stored}`).join(' ');
    if (stored !== this.#progress.stored || isWaiting()) this.#progress = { stored, since: now };
    if (now - this.#progress.since <= stallMs || this.#checking) return;
    this.#checking = true;
    const lag = await this.#lag().catch(() => 0);
    this.#checking = false;
    if (lag > 0) return onStall(`${lag} messages are waiting but not arriving`);
    this.#progress.since = now;
  }

  async #lag(): Promise<number> {
    const queues = this.#options.queues();
    if (queues.size === 0) return 0;
    const ranges = await within(this.#options.stallMs, this.#log.ranges([...queues.keys()]));
    let lag = 0;
    for (const [partition, queue] of queues) lag += Math.max(0, (ranges.get(partition)?.end ?? 0) - queue.stored);
    return lag;
  }
}
