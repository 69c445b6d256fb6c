import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';

interface Deferred {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

/** What was opened, closed in the opposite order: each thing before what it stands on. */
export class Resources {
  readonly #logger: Logger;
  readonly #open: Deferred[] = [];
  #closing: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Remembers how to close something that was just opened. */
  defer(name: string, close: () => Promise<void> | void): void {
    this.#open.push({ name, close });
  }

  /**
   * Closes everything, last opened first; one that fails does not keep the others open. Idempotent.
   * @throws the first error, once all are closed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let one = this.#open.pop(); one !== undefined; one = this.#open.pop()) {
      try {
        await one.close();
        this.#logger.debug({ resource: one.name }, 'closed');
      } catch (error) {
        this.#logger.error({ resource: one.name, error: messageOf(error) }, 'closing failed');
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

export interface StopSignal {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Stops listening; signals have their default effect again. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
/** `make`, `timeout` and service managers pass a signal on that the whole process group got already. */
const ECHO_MS = 250;

/**
 * The first signal asks for a graceful stop, the second ends the process at once with 128 + its number; what comes
 * within 250 ms of the first is its echo.
 */
export function listenForStop(onForce: () => void = () => {}): StopSignal {
  const controller = new AbortController();
  let askedAt = 0;
  const onSignal = (name: (typeof SIGNALS)[number]): void => {
    if (!controller.signal.aborted) {
      askedAt = performance.now();
      controller.abort();
      return;
    }
    if (performance.now() - askedAt < ECHO_MS) return;
    onForce();
    process.exit(128 + NUMBERS[name]);
  };
  const listeners = SIGNALS.map((name) => [name, () => onSignal(name)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
