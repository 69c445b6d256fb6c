import type { CommittedOffset, EpochEnd, LogRange, OrderLog } from '../kafka/read/order-log.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import type { LogCut, LostRange, OffsetScope, StoredOffset } from '../storage/postgresql/offset-store.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The offsets as the database has them. */
export interface Offsets {
  load(scope: OffsetScope, starts: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>>;
  otherIncarnations(scope: OffsetScope): Promise<Map<string, number>>;
  skip(scope: OffsetScope, lost: LostRange): Promise<boolean>;
  rewind(scope: OffsetScope, cut: LogCut, leaderEpoch: number): Promise<boolean>;
  positions(scope: OffsetScope): Promise<Map<number, number>>;
}

/** The group's offset in Kafka was moved by hand; what is stored counts. */
export interface IgnoredMove {
  readonly partition: number;
  readonly movedTo: number;
  readonly stored: number;
}

export interface PartitionLoaderOptions {
  readonly group: string;
  readonly topic: string;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How long a log may end before a stored offset without an epoch until that counts as a cut, ms: a broker that has just
   * started shows less of its log for a moment. */
  readonly truncationGraceMs: number;
  readonly onLost: (lost: LostRange) => void;
  /** Told at each assignment again. */
  readonly onIgnoredMove: (move: IgnoredMove) => void;
  readonly onCut: (cut: LogCut) => void;
  readonly logger: Logger;
}

/**
 * Finds out where to read a partition from: the database decides, unless its log is not the one that was stored any more. What the log
 * has lost, and where it was cut, is written down.
 */
export class PartitionLoader {
  readonly #log: OrderLog;
  readonly #offsets: Offsets;
  readonly #options: PartitionLoaderOptions;
  readonly #known = new Set<string>();

  constructor(log: OrderLog, offsets: Offsets, options: PartitionLoaderOptions) {
    this.#log = log;
    this.#offsets = offsets;
    this.#options = options;
  }

  /** The offset of each partition, however long that takes; undefined when the signal aborts first. */
  async load(
    topicId: string,
    partitions: readonly number[],
    signal: AbortSignal,
  ): Promise<Map<number, StoredOffset> | undefined> {
    const { group, topic, retryMinMs, retryMaxMs, truncationGraceMs, logger } = this.#options;
    const scope = { group, topic, topicId };
    const backoff = new Backoff({ minMs: retryMinMs, maxMs: retryMaxMs });
    const patience = Date.now() + truncationGraceMs;
    while (!signal.aborted) {
      try {
        await this.#tellReCreation(scope);
        const ranges = await this.#log.ranges(partitions);
        const starts = new Map([...ranges].map(([partition, range]) => [partition, range.start]));
        const stored = await this.#offsets.load(scope, starts);
        const beyond = [...stored].some(
          ([at, { offset, leaderEpoch }]) => leaderEpoch < 0 && offset > (ranges.get(at)?.end ?? 0),
        );
        if (!beyond || Date.now() > patience) {
          const positions = await this.#reconcile(scope, ranges, stored);
          await this.#tellIgnoredMoves(positions);
          return positions;
        }
      } catch (error) {
        logger.warn({ error: messageOf(error), partitions }, 'offsets are not to be had, trying again');
      }
      await pause(backoff.next(), signal);
    }
    return undefined;
  }

  /** Which partitions are stored up to another offset than the reader of them knows: someone has moved it. @throws as the database does */
  async moved(topicId: string, known: ReadonlyMap<number, number>): Promise<number[]> {
    const { group, topic } = this.#options;
    const stored = await this.#offsets.positions({ group, topic, topicId });
    return [...known].flatMap(([partition, offset]) => (stored.get(partition) === offset ? [] : [partition]));
  }

  /** Before the stored offsets are passed on to Kafka, which overwrites what was moved there. */
  async #tellIgnoredMoves(positions: ReadonlyMap<number, StoredOffset>): Promise<void> {
    const committed = await this.#log.committed().catch((error: unknown) => {
      this.#options.logger.debug({ error: messageOf(error) }, 'kafka does not say where the group is');
      return new Map<number, CommittedOffset>();
    });
    for (const [partition, { offset: stored }] of positions) {
      const { byHand = false, offset = stored } = committed.get(partition) ?? {};
      if (byHand && offset !== stored) this.#options.onIgnoredMove({ partition, movedTo: offset, stored });
    }
  }

  async #reconcile(
    scope: OffsetScope,
    ranges: ReadonlyMap<number, LogRange>,
    stored: ReadonlyMap<number, StoredOffset>,
  ): Promise<Map<number, StoredOffset>> {
    const { logger, onCut, onLost } = this.#options;
    const forks = await this.#forks(ranges, stored);
    const positions = new Map<number, StoredOffset>();
    for (const [partition, { offset, leaderEpoch }] of stored) {
      const fork = forks.get(partition);
      // Not moved means that another consumer has moved it: whoever reads on with a wrong offset is fenced off.
      if (fork !== undefined && fork.offset < offset) {
        const cut = { partition, from: fork.offset, to: offset };
        if (await this.#offsets.rewind(scope, cut, fork.leaderEpoch)) {
          logger.error({ ...cut }, 'the log was cut below what is stored: reading on from the cut');
          onCut(cut);
        }
      }
      let position = fork ?? { offset, leaderEpoch };
      const start = ranges.get(partition)?.start ?? 0;
      if (position.offset < start) {
        const lost = { partition, from: position.offset, to: start, reason: 'retention' } as const;
        if (await this.#offsets.skip(scope, lost)) {
          logger.error({ ...lost }, 'messages were lost before they could be read');
          onLost(lost);
        }
        position = { offset: start, leaderEpoch: -1 };
      }
      positions.set(partition, position);
    }
    return positions;
  }

  /**
   * Where the log and what is stored of it part, of the partitions whose log does not have what was stored last (KIP-320). Too early
   * does no harm, since storing again changes nothing.
   */
  async #forks(
    ranges: ReadonlyMap<number, LogRange>,
    stored: ReadonlyMap<number, StoredOffset>,
  ): Promise<Map<number, StoredOffset>> {
    const known = [...stored].filter(([, { leaderEpoch }]) => leaderEpoch >= 0);
    const ends = await this.#epochEnds(known.map(([partition, { leaderEpoch }]) => [partition, leaderEpoch]));
    const older = known.flatMap(([partition, { offset, leaderEpoch }]): [number, number][] => {
      const found = ends.get(partition);
      const other = found !== undefined && found.leaderEpoch < leaderEpoch && found.end >= offset;
      return other ? [[partition, found.leaderEpoch - 1]] : [];
    });
    // Another leader's messages are where ours were, of an epoch that goes on behind them: all of it is read again.
    for (const [partition, end] of await this.#epochEnds(older)) ends.set(partition, end);
    const forks = new Map<number, StoredOffset>();
    for (const [partition, { offset, leaderEpoch }] of stored) {
      const { start, end } = ranges.get(partition) ?? { start: 0, end: 0 };
      const found = ends.get(partition);
      const whole = { offset: Math.min(start, offset), leaderEpoch: -1 };
      if (leaderEpoch < 0) {
        if (offset > end) forks.set(partition, whole);
      } else if (found === undefined) {
        throw new AppError('kafka_unavailable', `partition ${partition} has no leader`, { retryable: true });
      } else if (found.end < offset || found.leaderEpoch < leaderEpoch) {
        const inside = found.end >= 0 && found.end < offset;
        forks.set(partition, inside ? { offset: found.end, leaderEpoch: found.leaderEpoch } : whole);
      }
    }
    return forks;
  }

  async #epochEnds(epochs: readonly (readonly [number, number])[]): Promise<Map<number, EpochEnd>> {
    return epochs.length === 0 ? new Map() : this.#log.epochEnds(new Map(epochs));
  }

  async #tellReCreation(scope: OffsetScope): Promise<void> {
    if (this.#known.has(scope.topicId)) return;
    const others = await this.#offsets.otherIncarnations(scope);
    this.#known.add(scope.topicId);
    if (others.size === 0) return;
    this.#options.logger.warn(
      { topic: scope.topic, topicId: scope.topicId, earlier: Object.fromEntries(others) },
      'the topic was re-created: reading the new one from its start',
    );
  }
}
