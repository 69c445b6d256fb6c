import type { VerifyProgress, VerifyReport } from '../../../contract/verification.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';

/** A verification in this process. Instants are ms since the Unix epoch. */
export interface Verification {
  readonly id: number;
  readonly state: 'running' | 'finished' | 'failed' | 'cancelled';
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Undefined before it has reported any. */
  readonly progress?: VerifyProgress;
  /** Once it is finished. */
  readonly report?: VerifyReport;
  /** Why it failed. */
  readonly error?: string;
}

export interface VerificationOptions {
  /** Seconds to wait for the consumers. */
  readonly wait: number;
  readonly maxFindings: number;
  /** What was injected, as `verify --manifest` reads it; undefined: it is not checked. */
  readonly manifest: string | undefined;
  readonly onProgress: (progress: VerifyProgress) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const KEPT = 10;

interface Run {
  now: Verification;
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
}

/** The verifications of this process, beside its work: one at a time, the last ten kept. */
export class Verifications {
  readonly #verify: (options: VerificationOptions) => Promise<VerifyReport>;
  readonly #runs: Run[] = [];
  #lastId = 0;

  /** `verify` does one. */
  constructor(verify: (options: VerificationOptions) => Promise<VerifyReport>) {
    this.#verify = verify;
  }

  /** The last ones, newest first. */
  list(): Verification[] {
    return this.#runs.map(({ now }) => now);
  }

  find(id: number): Verification | undefined {
    return this.#run(id)?.now;
  }

  /** Starts one, unless one is running: then it is that one. */
  start(how: Pick<VerificationOptions, 'wait' | 'maxFindings' | 'manifest'>): {
    readonly started: boolean;
    readonly verification: Verification;
  } {
    const [newest] = this.#runs;
    if (newest?.now.state === 'running') return { started: false, verification: newest.now };
    const cancel = new AbortController();
    const now: Verification = { id: ++this.#lastId, state: 'running', startedAt: Date.now() };
    const change = (changes: Partial<Verification>): void => {
      run.now = { ...run.now, ...changes };
    };
    const onProgress = (progress: VerifyProgress): void => change({ progress });
    const ended = this.#verify({ ...how, onProgress, signal: cancel.signal })
      .then(
        (report) => change({ state: 'finished', report }),
        (error: unknown) =>
          isCancelled(error) ? change({ state: 'cancelled' }) : change({ state: 'failed', error: messageOf(error) }),
      )
      .finally(() => change({ endedAt: Date.now() }));
    const run: Run = { now, cancel, ended };
    this.#runs.unshift(run);
    this.#runs.splice(KEPT);
    return { started: true, verification: now };
  }

  /** Ends it if it is running, and gives it as it is then; undefined when there is none. */
  async cancel(id: number): Promise<Verification | undefined> {
    const run = this.#run(id);
    run?.cancel.abort();
    await run?.ended;
    return run?.now;
  }

  /** Ends the one that is running. */
  async close(): Promise<void> {
    for (const { cancel } of this.#runs) cancel.abort();
    await Promise.all(this.#runs.map(({ ended }) => ended));
  }

  #run(id: number): Run | undefined {
    return this.#runs.find(({ now }) => now.id === id);
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof AppError && error.code === 'aborted';
}
