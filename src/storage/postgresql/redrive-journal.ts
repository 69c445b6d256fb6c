import type { BatchFate, IntendedLetter, RedriveBatch, RedriveRecord } from '../../contract/redrive.ts';
import { AppError } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import type { Database } from './database.ts';
import { type ServerSettings, withSessions } from './sessions.ts';
import { classifySqlError, sqlState, toDatabaseError } from './sql-error.ts';

export interface RedriveJournalOptions {
  /** For the session that holds the lock; a pool's sessions come and go. */
  readonly server: ServerSettings;
  readonly deadLetterTopic: string;
}

const UNDEFINED_TABLE = '42P01';

/**
 * What was redriven of one dead-letter topic, in PostgreSQL. An open batch is one whose fate is not written down yet.
 * Methods throw AppError `database_unavailable`.
 */
export class PostgresRedriveJournal {
  readonly #database: Database;
  readonly #options: RedriveJournalOptions;

  constructor(database: Database, options: RedriveJournalOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Whose letters these are. */
  get deadLetterTopic(): string {
    return this.#options.deadLetterTopic;
  }

  /**
   * The right to redrive, for one process at a time; undefined while another has it. A transaction in a session of its
   * own holds it, as a pooler may give a session to others between transactions; it ends with the session.
   */
  async lock(): Promise<{ release(): Promise<void> } | undefined> {
    const { server, deadLetterTopic } = this.#options;
    const settings = { application_name: 'test-service redrive' };
    const held = Promise.withResolvers<boolean>();
    const released = Promise.withResolvers<void>();
    const holding = withSessions({ ...server, max: 1, settings }, ({ sql }) =>
      sql.begin(async (tx) => {
        await tx`set local idle_in_transaction_session_timeout = 0`.simple();
        const [row]: { locked: boolean }[] = await tx`
          select pg_try_advisory_xact_lock(hashtextextended('redrive ' || ${deadLetterTopic}, 0)) as locked`;
        held.resolve(row?.locked === true);
        if (row?.locked === true) await released.promise;
      }),
    );
    holding.catch(held.reject);
    const release = async (): Promise<void> => {
      released.resolve();
      await within(2_000, holding).catch(() => {});
    };
    try {
      if (await within(server.connectTimeoutMs + 1_000, held.promise)) return { release };
      await release();
      return undefined;
    } catch (error) {
      released.resolve();
      throw toDatabaseError(error, 'locking the redrive');
    }
  }

  /** Those of the letters that were redriven or are in an open batch; none while the table does not exist. */
  async find(letterIds: readonly string[]): Promise<Map<string, RedriveRecord>> {
    if (letterIds.length === 0) return new Map();
    return this.#database.query('asking what was redriven', async (sql) => {
      try {
        const rows: { letter_id: string; attempts: number; at: string }[] = await sql`
          select letter_id::text, max(attempt) as attempts,
            (extract(epoch from max(redriven_at)) * 1000)::bigint::text as at
          from dead_letter_redrives where letter_id = any(${sql.array([...letterIds], 'TEXT')}::text[]::uuid[])
          group by letter_id`;
        return new Map(rows.map((row) => [row.letter_id, { attempts: Number(row.attempts), at: Number(row.at) }]));
      } catch (error) {
        if (sqlState(error) === UNDEFINED_TABLE) return new Map();
        throw error;
      }
    });
  }

  /** Opens a batch. @throws AppError `busy` when a letter of it is in the journal under this attempt already. */
  async open(batch: RedriveBatch, letters: readonly IntendedLetter[]): Promise<void> {
    const { deadLetterTopic } = this.#options;
    await this.#database.query('opening a redrive', async (pool) => {
      try {
        await pool.begin(async (sql) => {
          await sql`insert into dead_letter_redrive_batches
            (batch_id, dead_letter_topic, target_topic, target_topic_id, partitions, from_offsets)
            values (${batch.batchId}, ${deadLetterTopic}, ${batch.targetTopic}, ${batch.targetTopicId},
              ${sql.array([...batch.from.keys()], 'INT')}::int[], ${sql.array([...batch.from.values()], 'BIGINT')}::bigint[])`;
          await sql`insert into dead_letter_redrives
            (letter_id, attempt, batch_id, dead_letter_topic, letter_partition, letter_offset, state)
            select id::uuid, a, ${batch.batchId}::uuid, ${deadLetterTopic}, p, o, 'intended'
            from unnest(${sql.array(column(letters, 'letterId'), 'TEXT')}::text[],
              ${sql.array(column(letters, 'attempt'), 'INT')}::int[],
              ${sql.array(column(letters, 'partition'), 'INT')}::int[],
              ${sql.array(column(letters, 'offset'), 'BIGINT')}::bigint[]) as t (id, a, p, o)`;
        });
      } catch (error) {
        if (classifySqlError(error) !== 'conflict') throw error;
        throw new AppError('busy', 'another process redrives the same letters', { cause: error });
      }
    });
  }

  /** Closes a batch and returns how many letters it had. Those that were not sent leave no trace. */
  close(batchId: string, fate: BatchFate): Promise<number> {
    return this.#database.query('closing a redrive', (pool) =>
      pool.begin(async (sql) => {
        const letters =
          fate === 'not_sent'
            ? await sql`delete from dead_letter_redrives where batch_id = ${batchId} and state = 'intended'`
            : await sql`update dead_letter_redrives set state = ${fate}, redriven_at = now()
                where batch_id = ${batchId} and state = 'intended'`;
        // Only the last attempt at a letter is asked for.
        await sql`delete from dead_letter_redrives e using dead_letter_redrives l
          where l.batch_id = ${batchId} and e.letter_id = l.letter_id and e.attempt < l.attempt and e.state <> 'intended'`;
        await sql`delete from dead_letter_redrive_batches where batch_id = ${batchId}`;
        return Number(letters.count);
      }),
    );
  }

  /**
   * Forgets letters that stood before the start of their partition: nobody can redrive them again. Not those of the
   * last day: a letter that was written twice has its second copy a little later in the topic.
   */
  async prune(starts: ReadonlyMap<number, number>): Promise<void> {
    await this.#database.query('forgetting redriven letters that are gone', async (sql) => {
      await sql`delete from dead_letter_redrives r
        using unnest(${sql.array([...starts.keys()], 'INT')}::int[], ${sql.array([...starts.values()], 'BIGINT')}::bigint[])
          as s (partition, first)
        where r.dead_letter_topic = ${this.#options.deadLetterTopic} and r.letter_partition = s.partition
          and r.letter_offset < s.first and r.state <> 'intended' and r.redriven_at < now() - interval '1 day'`;
    });
  }

  openBatches(): Promise<RedriveBatch[]> {
    return this.#database.query('looking for interrupted redrives', async (sql) => {
      const rows: OpenBatchRow[] = await sql`select batch_id::text, target_topic, target_topic_id,
          array_to_string(partitions, ',') as partitions, array_to_string(from_offsets, ',') as from_offsets
        from dead_letter_redrive_batches where dead_letter_topic = ${this.#options.deadLetterTopic}
        order by created_at`;
      return rows.map((row) => {
        const offsets = row.from_offsets.split(',').map(Number);
        return {
          batchId: row.batch_id,
          targetTopic: row.target_topic,
          targetTopicId: row.target_topic_id,
          from: new Map(row.partitions.split(',').map((text, at) => [Number(text), offsets[at] ?? 0])),
        };
      });
    });
  }
}

interface OpenBatchRow {
  readonly batch_id: string;
  readonly target_topic: string;
  readonly target_topic_id: string;
  readonly partitions: string;
  readonly from_offsets: string;
}

function column<Name extends keyof IntendedLetter>(
  letters: readonly IntendedLetter[],
  name: Name,
): IntendedLetter[Name][] {
  return letters.map((letter) => letter[name]);
}
