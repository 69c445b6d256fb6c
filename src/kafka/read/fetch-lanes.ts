import { AppError } from '../../lib/app-error.ts';
import { Signal } from '../../lib/backoff.ts';
import type { FetchedPartition } from './order-log.ts';
import type { FetchAsked, PartitionFetcher, Share } from './partition-fetcher.ts';

/** A broker that fails is asked again after this, while others answer, ms. */
const ASIDE_MS = 200;

export interface FetchLanesOptions {
  /** A broker has failed for the first time since its last answer. */
  readonly onSilent: (broker: string, partitions: readonly number[], error: AppError) => void;
  /** It has answered again. */
  readonly onAnswer: (broker: string) => void;
}

/**
 * Keeps one request under way to each broker, so that none waits for another: one that is gone, or silent, holds up its
 * own partitions only.
 */
export class FetchLanes {
  readonly #fetcher: Pick<PartitionFetcher, 'shares' | 'ask'>;
  readonly #options: FetchLanesOptions;
  /** Brokers with a request under way. */
  readonly #busy = new Set<number>();
  /** Broker → until when it is left alone after a failure, by `performance.now`. */
  readonly #aside = new Map<number, number>();
  /** Partitions whose last request failed: their log may be another one when they answer again. */
  readonly #doubted = new Set<number>();
  readonly #changed = new Signal();
  /** Answers not handed out yet, and where each partition of them was read from. */
  #answers: { readonly from: ReadonlyMap<number, number>; readonly read: readonly FetchedPartition[] }[] = [];
  #starting = false;
  #failure: AppError | undefined;

  constructor(fetcher: Pick<PartitionFetcher, 'shares' | 'ask'>, options: FetchLanesOptions) {
    this.#fetcher = fetcher;
    this.#options = options;
  }

  /**
   * Asks the brokers without a request under way, and resolves as soon as one of all has answered. What was read from
   * another position than the given one is left out. The first answer after a failure counts as out of range.
   * @throws AppError as PartitionFetcher.fetch, `kafka_unavailable` when none is left that could answer.
   */
  async fetch(asked: FetchAsked): Promise<FetchedPartition[]> {
    if (!this.#starting) void this.#start(asked);
    for (;;) {
      const failure = this.#failure;
      if (failure !== undefined && failure.code !== 'kafka_unavailable') throw failure;
      if (this.#answers.length > 0) return this.#handOut(asked.positions);
      if (this.#busy.size === 0 && !this.#starting)
        throw failure ?? new AppError('kafka_unavailable', 'no broker answers', { retryable: true });
      await this.#changed.wait();
    }
  }

  /** Not awaited: the look-up may ask a silent broker, while the others answer. */
  async #start(asked: FetchAsked): Promise<void> {
    this.#starting = true;
    this.#failure = undefined;
    try {
      const now = performance.now();
      const free = (await this.#fetcher.shares(asked.positions)).filter(({ node }) => !this.#busy.has(node));
      const good = free.filter(({ node }) => now >= (this.#aside.get(node) ?? 0));
      for (const share of good.length > 0 || this.#busy.size > 0 ? good : free) void this.#ask(share, asked);
    } catch (error) {
      this.#failure = error as AppError;
    } finally {
      this.#starting = false;
      this.#changed.set();
    }
  }

  async #ask(share: Share, asked: FetchAsked): Promise<void> {
    const { node, address, positions } = share;
    this.#busy.add(node);
    try {
      const read = await this.#fetcher.ask(share, asked);
      this.#answers.push({ from: positions, read });
      if (this.#aside.delete(node)) this.#options.onAnswer(address);
    } catch (error) {
      const failure = error as AppError;
      this.#failure = failure;
      for (const partition of positions.keys()) this.#doubted.add(partition);
      if (!this.#aside.has(node)) this.#options.onSilent(address, [...positions.keys()], failure);
      this.#aside.set(node, performance.now() + ASIDE_MS);
    } finally {
      this.#busy.delete(node);
      this.#changed.set();
    }
  }

  #handOut(positions: ReadonlyMap<number, number>): FetchedPartition[] {
    const answers = this.#answers;
    this.#answers = [];
    return answers.flatMap(({ from, read }) =>
      read
        .filter(({ partition }) => from.get(partition) === positions.get(partition))
        .map((one) => (this.#doubted.delete(one.partition) ? { ...one, outOfRange: true } : one)),
    );
  }
}
