import type { ReaderChange, ReaderSettings, ReaderStatus } from '../contract/reader.ts';
import { AppError } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReadTarget } from './http-connection.ts';
import { ReadTally } from './read-tally.ts';
import { ReaderLoad } from './reader-load.ts';

export interface ReaderControlOptions {
  /** Asked for at each start: the server must listen by then. */
  readonly target: () => ReadTarget;
  readonly settings: ReaderSettings;
  readonly retentionMs: number;
  readonly logger: Logger;
}

const MAX_KNOWN = 1_000;
const DRAIN_MS = 1_000;

/** The readers as an operator uses them: started, stopped and changed as often as asked. */
export class ReaderControl {
  readonly #options: ReaderControlOptions;
  readonly #tally = new ReadTally();
  #settings: ReaderSettings;
  #load: ReaderLoad | undefined;
  #stopping: Promise<void> | undefined;
  #startedAt: number | undefined;
  #closed = false;

  constructor(options: ReaderControlOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  get status(): ReaderStatus {
    const { latencies, failures, failureTexts, stale, staleAnswers } = this.#tally;
    return {
      state: this.#state,
      settings: this.#settings,
      knownOrders: this.#load?.knownOrders ?? 0,
      latencies,
      failures,
      failureTexts,
      stale,
      staleAnswers,
      startedAt: this.#startedAt,
    };
  }

  /** For metrics and live figures. */
  get figures() {
    const { answered, failed, failures, stale, distributions } = this.#tally;
    const rate = this.#state === 'running' ? this.#settings.rate : 0;
    return { state: this.#state, rate, answered, failed, failures, stale, distributions };
  }

  /** Latencies since the last call, ms; undefined when there were none. */
  takeRecent(): ReturnType<ReadTally['takeRecent']> {
    return this.#tally.takeRecent();
  }

  /** Applies the change at once, even while they run; latencies begin anew. */
  change(change: ReaderChange): void {
    const { rate, absent, lists, repeats, thinkMs, zipf, connections } = change;
    const before = this.#settings;
    this.#settings = {
      rate: rate ?? before.rate,
      absent: absent ?? before.absent,
      lists: lists ?? before.lists,
      repeats: repeats ?? before.repeats,
      thinkMs: thinkMs ?? before.thinkMs,
      zipf: zipf ?? before.zipf,
      connections: connections ?? before.connections,
    };
    this.#tally.restart();
    this.#load?.change(this.#settings);
  }

  /** Applies the change and makes sure that they run. @throws AppError `aborted` after close() */
  start(change: ReaderChange = {}): void {
    if (this.#closed) throw new AppError('aborted', 'the readers are closed');
    this.change(change);
    if (this.#load !== undefined && this.#stopping === undefined) return;
    const { target, retentionMs, logger } = this.#options;
    const load = new ReaderLoad({
      target: target(),
      settings: this.#settings,
      maxKnown: MAX_KNOWN,
      retentionMs,
      tally: this.#tally,
    });
    this.#stopping = undefined;
    this.#load = load;
    this.#startedAt = Date.now();
    logger.info({ rate: this.#settings.rate }, 'readers started');
    load.start();
  }

  /** Makes sure that they do not run. Resolves once nothing is under way. */
  async stop(): Promise<void> {
    const load = this.#load;
    if (load === undefined) return;
    this.#stopping ??= load.stop(DRAIN_MS);
    await this.#stopping;
    // A start may have come meanwhile.
    if (this.#load !== load) return;
    this.#load = undefined;
    this.#stopping = undefined;
  }

  /** Stops for good; idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
  }

  get #state(): ReaderStatus['state'] {
    if (this.#load === undefined) return 'stopped';
    return this.#stopping === undefined ? 'running' : 'stopping';
  }
}
