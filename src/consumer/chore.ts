import { messageOf } from '../lib/app-error.ts';
import { pause } from '../lib/backoff.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface ChoreOptions {
  /** One round; it should end soon once the signal aborts. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  /** Logged when a round fails and the one before did not. */
  readonly failed: string;
  readonly logger: Logger;
  /** Time between two rounds. */
  readonly everyMs?: number | undefined;
}

/** Work in the background, in rounds; one that fails is tried again the next time. */
export class Chore {
  readonly #options: ChoreOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ChoreOptions) {
    this.#options = options;
  }

  /** Begins; returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Waits for the round in progress; idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { round, failed, logger, everyMs = 60_000 } = this.#options;
    const { signal } = this.#closing;
    let failing = false;
    while (!signal.aborted) {
      try {
        await round(signal);
        failing = false;
      } catch (error) {
        if (!failing && !signal.aborted) logger.warn({ error: messageOf(error) }, failed);
        failing = true;
      }
      await pause(everyMs, signal);
    }
  }
}

/** Shortest rest after a batch. */
const REST_MS = 50;

/**
 * Does batches while there are more, with a rest after each that is as long as the batch took: storing and lookups have
 * at least half of the database. @returns whether there are still more
 */
export async function inBatches(
  signal: AbortSignal,
  maxBatches: number,
  batch: () => Promise<boolean>,
): Promise<boolean> {
  let more = true;
  for (let at = 0; more && at < maxBatches && !signal.aborted; at++) {
    const began = performance.now();
    more = await batch();
    if (more) await pause(Math.max(REST_MS, performance.now() - began), signal);
  }
  return more;
}
