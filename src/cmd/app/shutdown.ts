import { AppError, messageOf } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import type { Logger } from '../../telemetry/logger.ts';

/**
 * The stages of a stop, in their order, and the share of the time after which each is over: those who work, what they
 * have left to tell, the connections they all shared, and the engines that were started for them.
 */
const STAGES = { work: 0.6, tell: 0.7, connections: 0.8, engines: 1 } as const;

type Stage = keyof typeof STAGES;

/** Closes something within `leftMs`. Resolves with what it had to leave undone, in words. */
type Close = (leftMs: number) => Promise<string | undefined> | Promise<void> | void;

interface Deferred {
  readonly name: string;
  readonly close: Close;
}

/** Time the roles have to finish, ms. It leaves a margin in which they give up and report what they leave undone. */
export function workTimeMs(shutdownTimeoutMs: number): number {
  return shutdownTimeoutMs * STAGES.work * 0.9;
}

/** What was opened, closed stage by stage: all of a stage at once, each stage within its share of the whole time. */
export class Resources {
  readonly #logger: Logger;
  readonly #timeMs: number;
  readonly #open = new Map<Stage, Deferred[]>();
  readonly #left: string[] = [];
  #closing: Promise<readonly string[]> | undefined;

  /** `timeMs`: how long closing may take. */
  constructor(logger: Logger, timeMs: number) {
    this.#logger = logger;
    this.#timeMs = timeMs;
  }

  /** Remembers how to close something that was just opened. What is opened after `close` is closed at once. */
  defer(stage: Stage, name: string, close: Close): void {
    if (this.#closing !== undefined) void this.#closeOne({ name, close }, 0, stage).catch(() => {});
    else this.#open.set(stage, [...(this.#open.get(stage) ?? []), { name, close }]);
  }

  /**
   * Closes everything; one that fails does not keep the others open. Idempotent. `from`: when the time began to run, by
   * `performance.now`.
   * @returns what was left undone because the time was up, in words.
   * @throws the first error, once all are closed.
   */
  close(from = performance.now()): Promise<readonly string[]> {
    this.#closing ??= this.#closeAll(from);
    return this.#closing;
  }

  async #closeAll(from: number): Promise<readonly string[]> {
    const errors: unknown[] = [];
    for (const stage of ['work', 'tell', 'connections', 'engines'] as const) {
      const leftMs = Math.max(0, from + this.#timeMs * STAGES[stage] - performance.now());
      const closed = (this.#open.get(stage) ?? []).map((one) => this.#closeOne(one, leftMs, stage));
      const results = await Promise.allSettled(closed);
      for (const result of results) if (result.status === 'rejected') errors.push(result.reason);
    }
    if (errors.length > 0) throw errors[0];
    return this.#left;
  }

  async #closeOne({ name, close }: Deferred, leftMs: number, stage: Stage): Promise<void> {
    try {
      const left = await within(leftMs, Promise.resolve(close(leftMs)));
      if (left === undefined) this.#logger.debug({ resource: name }, 'closed');
      else this.#left.push(`${name}: ${left}`);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'aborted')) {
        this.#logger.error({ resource: name, error: messageOf(error) }, 'closing failed');
        throw error;
      }
      // An unused connection ends with the process.
      if (stage === 'connections') this.#logger.debug({ resource: name }, 'not closed in time');
      else this.#left.push(name);
    }
  }
}

export interface StopSignal {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** When that was, by `performance.now`; undefined before. */
  readonly askedAt: number | undefined;
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
  let askedAt: number | undefined;
  const onSignal = (name: (typeof SIGNALS)[number]): void => {
    if (askedAt === undefined) {
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
    get askedAt() {
      return askedAt;
    },
    dispose: () => {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
