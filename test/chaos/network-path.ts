import { pause } from '../../src/lib/backoff.ts';
import type { FaultProxy, PatternAction, ProxyMode } from '../helpers/fault-proxy.ts';
import { until } from '../helpers/until.ts';

/** The way from one consumer to PostgreSQL. */
export class NetworkPath {
  readonly #proxy: FaultProxy;
  readonly #closed = new AbortController();
  /** Interruptions that are not over; the last one to begin decides, and the way is free when all are over. */
  #interruptions = 0;
  /** Changes of mode happen one after the other. */
  #changes: Promise<void> = Promise.resolve();

  constructor(proxy: FaultProxy) {
    this.#proxy = proxy;
  }

  /** The database's URL, by this way. */
  urlOf(url: string): string {
    return this.#proxy.urlOf(url);
  }

  /** Nothing gets through for that time. */
  async interrupt(mode: ProxyMode, forMs: number): Promise<boolean> {
    this.#interruptions += 1;
    await this.#change(mode);
    await pause(forMs, this.#closed.signal);
    this.#interruptions -= 1;
    if (this.#interruptions === 0) await this.#change('pass');
    return true;
  }

  /** Resets the open connections. False when there is none. */
  reset(): boolean {
    const open = this.#proxy.connections > 0;
    this.#proxy.cut();
    return open;
  }

  /** Resets a connection where the pattern comes by; false when it does not in time. */
  async resetAt(pattern: string, action: PatternAction, skip: number, timeoutMs: number): Promise<boolean> {
    let done = false;
    void this.#proxy.onPattern(pattern, action, skip).then(() => {
      done = true;
    });
    await until(() => done || this.#closed.signal.aborted, timeoutMs, 20).catch(() => {});
    return done;
  }

  heal(): Promise<void> {
    return this.#change('pass');
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#changes;
    await this.#proxy.close();
  }

  #change(mode: ProxyMode): Promise<void> {
    this.#changes = this.#changes.then(() => this.#proxy.setMode(mode));
    return this.#changes;
  }
}
