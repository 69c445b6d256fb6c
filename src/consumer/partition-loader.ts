import type { CommittedOffset, LogRange, OrderLog } from '../kafka/order-log.ts';
import { messageOf } from '../lib/app-error.ts';
import { Backoff, pause } from '../lib/backoff.ts';
import type { LostRange, OffsetScope } from '../storage/postgresql/offset-store.ts';
import type { Logger } from '../telemetry/logger.ts';

/** The offsets as the database has them. */
export interface Offsets {
  load(scope: OffsetScope, starts: ReadonlyMap<number, number>): Promise<Map<number, number>>;
  otherIncarnations(scope: OffsetScope): Promise<Map<string, number>>;
  skip(scope: OffsetScope, lost: LostRange): Promise<boolean>;
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
  /** How long a log may end before the stored offset until that counts as a loss, ms: a broker that has just started
   * shows less of its log for a moment. */
  readonly truncationGraceMs: number;
  readonly onLost: (lost: LostRange) => void;
  /** Told at each assignment again. */
  readonly onIgnoredMove: (move: IgnoredMove) => void;
  readonly logger: Logger;
}

/** Finds out where to read a partition from: the database decides, and what the log has lost is written down. */
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
  ): Promise<Map<number, number> | undefined> {
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
        const beyond = [...stored].some(([partition, offset]) => offset > (ranges.get(partition)?.end ?? 0));
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
  async #tellIgnoredMoves(positions: ReadonlyMap<number, number>): Promise<void> {
    const committed = await this.#log.committed().catch((error: unknown) => {
      this.#options.logger.debug({ error: messageOf(error) }, 'kafka does not say where the group is');
      return new Map<number, CommittedOffset>();
    });
    for (const [partition, stored] of positions) {
      const { byHand = false, offset = stored } = committed.get(partition) ?? {};
      if (byHand && offset !== stored) this.#options.onIgnoredMove({ partition, movedTo: offset, stored });
    }
  }

  async #reconcile(
    scope: OffsetScope,
    ranges: ReadonlyMap<number, LogRange>,
    stored: ReadonlyMap<number, number>,
  ): Promise<Map<number, number>> {
    const positions = new Map<number, number>();
    for (const [partition, offset] of stored) {
      const range = ranges.get(partition);
      const lost = range === undefined ? undefined : lossOf(partition, offset, range);
      if (lost === undefined) {
        positions.set(partition, offset);
        continue;
      }
      // Not moved means that another consumer has moved it: whoever reads on with a wrong offset is fenced off.
      if (await this.#offsets.skip(scope, lost)) {
        this.#options.logger.error({ ...lost }, 'messages were lost before they could be read');
        this.#options.onLost(lost);
      }
      positions.set(partition, lost.to);
    }
    return positions;
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

function lossOf(partition: number, offset: number, range: LogRange): LostRange | undefined {
  if (offset < range.start) return { partition, from: offset, to: range.start, reason: 'retention' };
  if (offset > range.end) return { partition, from: offset, to: range.end, reason: 'log_truncated' };
  return undefined;
}
