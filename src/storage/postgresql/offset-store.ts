import type { TransactionSQL } from 'bun';
import type { OffsetRange } from '../../contract/verification.ts';
import type { PartitionProgress } from '../stored-orders.ts';
import type { Database } from './database.ts';

/** Whose progress, on which incarnation of the topic. */
export interface OffsetScope {
  readonly group: string;
  readonly topic: string;
  readonly topicId: string;
}

/**
 * What a log held before an offset, which distinguishes it from another log with the same offsets. −1 means unknown.
 */
export interface Lineage {
  readonly leaderEpoch: number;
  /** The first offset of that epoch. */
  readonly epochStart: number;
  /** The last record before the offset, and its fingerprint. */
  readonly lastOffset: number;
  readonly lastCrc: number;
}

export const UNKNOWN_LINEAGE: Lineage = { leaderEpoch: -1, epochStart: -1, lastOffset: -1, lastCrc: -1 };

/** How far a partition is stored, and of which log. */
export interface StoredOffset {
  readonly offset: number;
  readonly lineage: Lineage;
}

/** A range of offsets that was gone before it could be read. */
export interface LostRange extends OffsetRange {
  /** `log_truncated` comes from earlier versions, which took every cut for a loss. */
  readonly reason: 'retention' | 'log_truncated';
}

/** A stored range that was cut off the log: `to` was the stored offset, reading continued at `from`. */
export type LogCut = OffsetRange;

/** How far each partition has been stored. Every call throws AppError `database_unavailable` while it can't answer. */
export class OffsetStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * The next offset of each partition. A partition seen for the first time starts at `starts`, which is stored. Two
   * consumers that do this at once get the same answer.
   */
  load(scope: OffsetScope, starts: ReadonlyMap<number, number>): Promise<Map<number, StoredOffset>> {
    const partitions = [...starts.keys()];
    const offsets = [...starts.values()];
    return this.#database.query('loading offsets', async (sql) => {
      await sql`insert into consumer_offsets (group_id, topic, topic_id, partition, next_offset)
        select ${scope.group}, ${scope.topic}, ${scope.topicId}, p, o
        from unnest(${sql.array(partitions, 'INT')}::int[], ${sql.array(offsets, 'BIGINT')}::bigint[]) as t (p, o)
        order by p
        on conflict do nothing`;
      const rows: StoredRow[] = await sql`
        select partition, next_offset, lineage_offset, leader_epoch, epoch_start, last_record_offset, last_record_crc
        from consumer_offsets where group_id = ${scope.group} and topic = ${scope.topic} and topic_id = ${scope.topicId}
          and partition = any(${sql.array(partitions, 'INT')}::int[])`;
      return new Map(rows.map((row) => [row.partition, { offset: Number(row.next_offset), lineage: lineageOf(row) }]));
    });
  }

  /** The next offset of each partition of which this group has a row. */
  positions(scope: OffsetScope): Promise<Map<number, number>> {
    return this.#database.query('reading offsets', async (sql) => {
      const rows: { partition: number; next_offset: string }[] = await sql`
        select partition, next_offset from consumer_offsets
        where group_id = ${scope.group} and topic = ${scope.topic} and topic_id = ${scope.topicId}`;
      return new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
    });
  }

  /**
   * Makes whoever reads the partitions continue from other offsets: a transaction that expects another offset fails,
   * and the consumer loads the new one.
   */
  reset(scope: OffsetScope, offsets: ReadonlyMap<number, number>): Promise<void> {
    return this.#database.query('moving offsets', async (sql) => {
      await sql`insert into consumer_offsets (group_id, topic, topic_id, partition, next_offset)
        select ${scope.group}, ${scope.topic}, ${scope.topicId}, p, o
        from unnest(${sql.array([...offsets.keys()], 'INT')}::int[], ${sql.array([...offsets.values()], 'BIGINT')}::bigint[])
          as t (p, o)
        order by p
        on conflict (group_id, topic, topic_id, partition)
          do update set next_offset = excluded.next_offset, lineage_offset = -1, updated_at = now()`;
    });
  }

  /** The progress of each partition, in the incarnation of the topic that was stored from last. */
  latest(group: string, topic: string): Promise<Map<number, PartitionProgress>> {
    return this.#database.query('reading offsets', async (sql) => {
      const rows: { partition: number; next_offset: string; age_ms: number }[] = await sql`
        select distinct on (partition) partition, next_offset,
          (extract(epoch from clock_timestamp() - updated_at) * 1000)::float8 as age_ms
        from consumer_offsets
        where group_id = ${group} and topic = ${topic} order by partition, updated_at desc`;
      return new Map(rows.map((row) => [row.partition, { next: Number(row.next_offset), ageMs: row.age_ms }]));
    });
  }

  /** This group's progress on earlier topics of the same name: topic id → sum of the next offsets. */
  otherIncarnations(scope: OffsetScope): Promise<Map<string, number>> {
    return this.#database.query('looking for earlier topics', async (sql) => {
      const rows: { topic_id: string; total: string }[] = await sql`
        select topic_id, sum(next_offset)::bigint as total from consumer_offsets
        where group_id = ${scope.group} and topic = ${scope.topic} and topic_id <> ${scope.topicId}
        group by topic_id`;
      return new Map(rows.map((row) => [row.topic_id, Number(row.total)]));
    });
  }

  /**
   * Records a loss and moves the partition past it, in one transaction. @returns false if another consumer has moved
   * the partition meanwhile; then nothing is written.
   */
  skip(scope: OffsetScope, lost: LostRange): Promise<boolean> {
    return this.#database.query('writing down a lost range', (sql) =>
      sql.begin(async (tx) => {
        const { partition, from, to, reason } = lost;
        if (!(await move(tx, scope, partition, from, { offset: to, lineage: UNKNOWN_LINEAGE }))) return false;
        await tx`insert into lost_ranges (group_id, topic, topic_id, partition, from_offset, to_offset, reason)
          values (${scope.group}, ${scope.topic}, ${scope.topicId}, ${partition}, ${from}, ${to}, ${reason})`;
        return true;
      }),
    );
  }

  /**
   * Records a cut of the log and moves the partition back to it, in one transaction; `lineage` is that of the log at
   * the cut. @returns as `skip`.
   */
  rewind(scope: OffsetScope, cut: LogCut, lineage: Lineage): Promise<boolean> {
    return this.#database.query('writing down a cut of the log', (sql) =>
      sql.begin(async (tx) => {
        const { partition, from, to } = cut;
        if (!(await move(tx, scope, partition, to, { offset: from, lineage }))) return false;
        await tx`insert into log_cuts (group_id, topic, topic_id, partition, from_offset, to_offset)
          values (${scope.group}, ${scope.topic}, ${scope.topicId}, ${partition}, ${from}, ${to})`;
        return true;
      }),
    );
  }
}

async function move(
  tx: TransactionSQL,
  scope: OffsetScope,
  partition: number,
  from: number,
  { offset, lineage }: StoredOffset,
): Promise<boolean> {
  const moved = await tx`update consumer_offsets
    set next_offset = ${offset}, lineage_offset = ${offset}, leader_epoch = ${lineage.leaderEpoch},
      epoch_start = ${lineage.epochStart}, last_record_offset = ${lineage.lastOffset},
      last_record_crc = ${lineage.lastCrc}, updated_at = now()
    where group_id = ${scope.group} and topic = ${scope.topic} and topic_id = ${scope.topicId}
      and partition = ${partition} and next_offset = ${from}`;
  return moved.count === 1;
}

interface StoredRow {
  readonly partition: number;
  readonly next_offset: string;
  readonly lineage_offset: string;
  readonly leader_epoch: number;
  readonly epoch_start: string;
  readonly last_record_offset: string;
  readonly last_record_crc: string;
}

/**
 * An offset moved by somebody else, an earlier version or a person, no longer matches its lineage, which then counts as
 * unknown.
 */
function lineageOf(row: StoredRow): Lineage {
  if (row.lineage_offset !== row.next_offset) return UNKNOWN_LINEAGE;
  return {
    leaderEpoch: row.leader_epoch,
    epochStart: Number(row.epoch_start),
    lastOffset: Number(row.last_record_offset),
    lastCrc: Number(row.last_record_crc),
  };
}
