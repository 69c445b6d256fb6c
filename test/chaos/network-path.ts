import { pause } from '../../src/lib/backoff.ts';
import type { FaultProxy, PatternAction, ProxyMode } from '../helpers/fault-proxy.ts';
import { until } from '../helpers/until.ts';

/** How long it is waited for a statement, or a connection, of a consumer that may be without work or down. */
const PATIENCE_MS = 180_000;

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

  /** Resets the open connections, or the next one. False when none comes. */
  async reset(): Promise<boolean> {
    await until(() => this.#proxy.connections > 0 || this.#closed.signal.aborted, PATIENCE_MS).catch(() => {});
    const open = this.#proxy.connections > 0;
    this.#proxy.cut();
    return open;
  }

  /** Resets a connection where the pattern comes by, after `skip` that are let through. False when it does not come. */
  resetAt(pattern: string, action: PatternAction, skip: number): Promise<boolean> {
    const hit = this.#proxy.onPattern(pattern, action, skip).then(() => true);
    return Promise.race([hit, pause(PATIENCE_MS, this.#closed.signal).then(() => false)]);
  }

  /**
   * Resolves when the pattern comes by, after `skip` others; with false when it does not. What is done then happens
   * before its answer gets through.
   */
  passes(pattern: string, skip: number): Promise<boolean> {
    return this.resetAt(pattern, 'call', skip);
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
