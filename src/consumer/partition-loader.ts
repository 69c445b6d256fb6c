import type { CommittedOffset, LogRange, OrderLog } from '../kafka/read/order-log.ts';
import { messageOf } from '../lib/app-error.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import {
  type LogCut,
  type LostRange,
  type OffsetScope,
  type OffsetStore,
  type StoredOffset,
  UNKNOWN_LINEAGE,
} from '../storage/postgresql/offset-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import { continuationsOf } from './log-lineage.ts';

/** The offsets in the database. */
export type Offsets = Pick<OffsetStore, 'load' | 'otherIncarnations' | 'skip' | 'rewind' | 'positions'>;

/** An offset of the group that was moved by hand in Kafka; the stored one counts. */
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
  /**
   * How long a log may appear to be cut, or to lack the stored epoch, before that is believed, ms. A broker that has
   * just started shows less of its log for a moment, and one that does not know of a new leader has an older log.
   */
  readonly truncationGraceMs: number;
  readonly onLost: (lost: LostRange) => void;
  /** Called again at each assignment. */
  readonly onIgnoredMove: (move: IgnoredMove) => void;
  readonly onCut: (cut: LogCut) => void;
  readonly logger: Logger;
}

/**
 * Finds out where to read a partition from. The database decides, unless the log is not the one that was stored. What
 * the log lost, and where it was cut, is recorded.
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

  /**
   * Yields the offset of each partition as soon as it is known, in as many portions as necessary. Ends when all are
   * known or the signal aborts, however long that takes.
   */
  async *load(
    topicId: string,
    partitions: readonly number[],
    signal: AbortSignal,
  ): AsyncGenerator<ReadonlyMap<number, StoredOffset>> {
    const { group, topic, retryMinMs, retryMaxMs, truncationGraceMs, logger } = this.#options;
    const scope = { group, topic, topicId };
    const backoff = new Backoff({ minMs: retryMinMs, maxMs: retryMaxMs });
    const patience = Date.now() + truncationGraceMs;
    const left = new Set(partitions);
    let told = false;
    while (!signal.aborted) {
      try {
        await this.#tellReCreation(scope);
        const ranges = await this.#log.ranges([...left]);
        const found = await this.#continue(scope, ranges, Date.now() > patience);
        for (const partition of found.keys()) left.delete(partition);
        if (found.size > 0 && !signal.aborted) yield found;
        if (left.size === 0) return;
        const leaderless = [...left].filter((partition) => !ranges.has(partition));
        if (leaderless.length > 0 && !told)
          logger.warn({ partitions: leaderless }, 'partitions have no leader: waiting for one');
        told = leaderless.length > 0;
      } catch (error) {
        logger.warn({ error: messageOf(error), partitions: [...left] }, 'loading offsets failed, retrying');
      }
      await pause(backoff.next(), signal);
    }
  }

  /**
   * The partitions whose stored offset is not the one their reader knows, because somebody moved it. @throws as the
   * database does
   */
  async moved(topicId: string, known: ReadonlyMap<number, number>): Promise<number[]> {
    const { group, topic } = this.#options;
    const stored = await this.#offsets.positions({ group, topic, topicId });
    return [...known].flatMap(([partition, offset]) => (stored.get(partition) === offset ? [] : [partition]));
  }

  /** Before the stored offsets are passed on to Kafka, which overwrites what was moved there. */
  async #tellIgnoredMoves(positions: ReadonlyMap<number, StoredOffset>): Promise<void> {
    const committed = await this.#log.committed().catch((error: unknown) => {
      this.#options.logger.debug({ error: messageOf(error) }, 'the group’s offsets in kafka are unavailable');
      return new Map<number, CommittedOffset>();
    });
    for (const [partition, { offset: stored }] of positions) {
      const { byHand = false, offset = stored } = committed.get(partition) ?? {};
      if (byHand && offset !== stored) this.#options.onIgnoredMove({ partition, movedTo: offset, stored });
    }
  }

  /** Where to continue the partitions whose position is certain; once `settled`, that is all that have a leader. */
  async #continue(
    scope: OffsetScope,
    ranges: ReadonlyMap<number, LogRange>,
    settled: boolean,
  ): Promise<ReadonlyMap<number, StoredOffset>> {
    const starts = new Map([...ranges].map(([partition, { start }]) => [partition, start]));
    const stored = await this.#offsets.load(scope, starts);
    const positions = new Map<number, StoredOffset>();
    for (const [partition, { position, sure }] of await continuationsOf(this.#log, ranges, stored)) {
      const { offset } = stored.get(partition) ?? position;
      const start = starts.get(partition) ?? 0;
      if (sure || settled) positions.set(partition, await this.#settle(scope, partition, offset, position, start));
    }
    if (positions.size > 0) await this.#tellIgnoredMoves(positions);
    return positions;
  }

  /** Records where the log was cut below what is stored, and what it lost at its start. */
  async #settle(
    scope: OffsetScope,
    partition: number,
    stored: number,
    position: StoredOffset,
    start: number,
  ): Promise<StoredOffset> {
    const { logger, onCut, onLost } = this.#options;
    // Not moved means that another consumer has moved it: whoever reads on with a wrong offset is fenced off.
    if (position.offset < stored) {
      const cut = { partition, from: position.offset, to: stored };
      if (await this.#offsets.rewind(scope, cut, position.lineage)) {
        logger.error({ ...cut }, 'the log was cut below what is stored: reading on from the cut');
        onCut(cut);
      }
    }
    if (position.offset >= start) return position;
    const lost = { partition, from: position.offset, to: start, reason: 'retention' } as const;
    if (await this.#offsets.skip(scope, lost)) {
      logger.error({ ...lost }, 'messages were lost before they could be read');
      onLost(lost);
    }
    return { offset: start, lineage: UNKNOWN_LINEAGE };
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
