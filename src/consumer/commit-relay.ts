import type { OrderLog } from '../kafka/read/order-log.ts';
import { messageOf } from '../lib/app-error.ts';
import { pause } from '../lib/backoff.ts';
import { within } from '../lib/deadline.ts';
import type { Logger } from '../telemetry/logger.ts';

const FLUSH_TIMEOUT_MS = 2_000;
/**
 * With little traffic each batch is a few orders, and a commit for each would cost the broker more than the messages.
 */
const PAUSE_MS = 250;

/**
 * Passes stored offsets on to Kafka, for tools that show lag: one request at a time, the newest offsets in it.
 * Nothing depends on them, so a failure is logged and left to the next request.
 */
export class CommitRelay {
  readonly #log: OrderLog;
  readonly #logger: Logger;
  readonly #hurry = new AbortController();
  #pending = new Map<number, number>();
  #running: Promise<void> | undefined;

  constructor(log: OrderLog, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  note(partition: number, offset: number): void {
    this.#pending.set(partition, offset);
    this.#running ??= this.#run();
  }

  /** The partition now belongs to another member. */
  forget(partition: number): void {
    this.#pending.delete(partition);
  }

  /** Waits, for a bounded time, until Kafka has every noted offset; from now on without pauses. */
  async flush(): Promise<void> {
    this.#hurry.abort();
    if (this.#running !== undefined) await within(FLUSH_TIMEOUT_MS, this.#running).catch(() => {});
  }

  async #run(): Promise<void> {
    while (this.#pending.size > 0) {
      const offsets = this.#pending;
      this.#pending = new Map();
      try {
        await this.#log.commit(offsets);
      } catch (error) {
        this.#logger.debug({ error: messageOf(error) }, 'kafka did not accept the offsets');
      }
      await pause(PAUSE_MS, this.#hurry.signal);
    }
    this.#running = undefined;
  }
}
