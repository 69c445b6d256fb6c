import { ErrorReply } from 'redis';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CacheTrouble } from '../cache-trouble.ts';
import { troubleOf } from './explain.ts';

/** Counts what Redis refuses or fails to do, and remembers whether it takes orders. */
export class Refusals {
  readonly counts: Partial<Record<CacheTrouble, number>> = {};
  /** Why it takes no orders now, though it answers. */
  current: CacheTrouble | undefined;
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Counts a connection that was lost or failed. */
  failed(trouble: CacheTrouble): void {
    this.#count(trouble);
  }

  /** Counts a failed command. @returns why to give up the connection, so that the next is tried before it is used */
  note(error: unknown): string | undefined {
    // Other errors end the connection and are counted with it.
    if (!(error instanceof ErrorReply)) return undefined;
    const trouble = troubleOf(error);
    this.#count(trouble);
    if (trouble === 'no_permission' || trouble === 'read_only') return messageOf(error);
    if (trouble === 'out_of_memory' && this.current === undefined) {
      this.current = trouble;
      this.#logger.warn({ reason: messageOf(error) }, 'redis takes no orders: it is used for reading only');
    }
    return undefined;
  }

  /** It has taken an order. */
  over(): void {
    if (this.current !== undefined) this.#logger.info({}, 'redis takes orders again');
    this.current = undefined;
  }

  #count(trouble: CacheTrouble): void {
    this.counts[trouble] = (this.counts[trouble] ?? 0) + 1;
  }
}
