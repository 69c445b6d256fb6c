import type { SQL } from 'bun';
import { AppError } from '../../lib/app-error.ts';
import { ITEM_COLUMNS, ORDER_COLUMNS } from './copy-rows.ts';

interface Table {
  readonly name: string;
  /** Columns that this service writes; the database fills in the others. */
  readonly written: readonly string[];
  /** Columns of its unique key. */
  readonly key: readonly string[];
  /** What the service does with it; all by default. Only where old orders are deleted, with `whenExpiring`. */
  readonly privileges?: readonly string[];
  readonly whenExpiring?: boolean;
}

/** The tables of the migrations. */
const TABLES: readonly Table[] = [
  { name: 'orders', written: ORDER_COLUMNS, key: ['order_uid'] },
  { name: 'order_items', written: ITEM_COLUMNS, key: ['order_uid', 'position'] },
  {
    name: 'consumer_offsets',
    written: [
      'group_id',
      'topic',
      'topic_id',
      'partition',
      'next_offset',
      'lineage_offset',
      'leader_epoch',
      'epoch_start',
      'last_record_offset',
      'last_record_crc',
      'updated_at',
    ],
    key: ['group_id', 'topic', 'topic_id', 'partition'],
  },
  {
    name: 'lost_ranges',
    written: ['group_id', 'topic', 'topic_id', 'partition', 'from_offset', 'to_offset', 'reason'],
    key: ['id'],
  },
  {
    name: 'log_cuts',
    written: ['group_id', 'topic', 'topic_id', 'partition', 'from_offset', 'to_offset'],
    key: ['id'],
  },
  {
    name: 'order_expiry',
    written: ['days', 'changed_at', 'sent_before', 'orders'],
    key: ['only_row'],
    privileges: ['select', 'update'],
    whenExpiring: true,
  },
  {
    name: 'order_state_counts',
    written: ['shard', 'state', 'orders'],
    key: ['shard', 'state'],
    privileges: ['select', 'insert', 'update'],
  },
  { name: 'order_state_recount', written: ['counted_at'], key: ['only_row'], privileges: ['select', 'update'] },
  { name: 'pending_invalidations', written: ['id', 'order_uids'], key: ['id'] },
  {
    name: 'dead_letter_redrive_batches',
    written: ['batch_id', 'dead_letter_topic', 'target_topic', 'target_topic_id', 'partitions', 'from_offsets'],
    key: ['batch_id'],
  },
  {
    name: 'dead_letter_redrives',
    written: ['letter_id', 'attempt', 'batch_id', 'dead_letter_topic', 'letter_partition', 'letter_offset', 'state'],
    key: ['letter_id', 'attempt'],
  },
];
const PRIVILEGES = ['select', 'insert', 'update', 'delete'];
const ENCODING = 'UTF8';

/**
 * What would keep every order from being stored: missing tables, columns, keys and privileges, and columns that require
 * a value which this service does not write. A sentence each, with what to do.
 */
export async function schemaTroubles(sql: SQL, { expires = false }: { expires?: boolean }): Promise<string[]> {
  const troubles: string[] = [];
  for (const table of TABLES) troubles.push(...(await troublesOf(sql, table, expires)));
  return troubles;
}

/** The trouble of a database whose encoding can't hold every text. */
export async function encodingTroubles(sql: SQL): Promise<string[]> {
  const [row]: { encoding: string; name: string }[] = await sql`
    select getdatabaseencoding() as encoding, current_database() as name`;
  if (row === undefined || row.encoding === ENCODING) return [];
  return [
    `database ${row.name} has the encoding ${row.encoding}, and orders need ${ENCODING}: create another one with ` +
      `create database … encoding 'UTF8' locale 'C' template template0`,
  ];
}

/** @throws AppError `migration_failed` that names every trouble, if there are any */
export function refuse(troubles: readonly string[]): void {
  if (troubles.length === 0) return;
  const list = troubles.length === 1 ? ` ${troubles[0]}` : `\n  ${troubles.join('\n  ')}`;
  throw new AppError('migration_failed', `no order can be stored here:${list}`);
}

async function troublesOf(sql: SQL, table: Table, expires: boolean): Promise<string[]> {
  const { name, written, key } = table;
  const needed = table.whenExpiring === true && !expires ? [] : (table.privileges ?? PRIVILEGES);
  const columns: ColumnRow[] = await sql`
    select attname as name, attnotnull and not (atthasdef or attidentity <> '') as must_be_given
    from pg_attribute where attrelid = to_regclass(${name}) and attnum > 0 and not attisdropped`;
  if (columns.length === 0) return [`${name} is missing: restore it, or use another database`];
  const there = new Set(columns.map((column) => column.name));
  const known = new Set(written);
  const missing = [...new Set([...written, ...key])].filter((column) => !there.has(column));
  const unknown = columns.filter((column) => column.must_be_given && !known.has(column.name));
  const [keys]: { there: boolean }[] = await sql`
    select exists (select from pg_index i where i.indrelid = to_regclass(${name}) and i.indisunique and i.indisvalid
      and i.indpred is null and ${[...key].sort().join()} = (select string_agg(attname, ',' order by attname collate "C")
        from pg_attribute where attrelid = i.indrelid and attnum = any(i.indkey))) as there`;
  const privileges: { name: string; granted: boolean }[] = await sql`
    select p as name, case p when 'delete' then has_table_privilege(to_regclass(${name}), p)
      else has_any_column_privilege(to_regclass(${name}), p) end as granted
    from unnest(${sql.array([...needed], 'TEXT')}::text[]) as p`;
  const denied = privileges.filter((one) => !one.granted).map((one) => one.name);
  return [
    ...missing.map((column) => `${name} has no column ${column}: add it, or rename it back`),
    ...unknown.map(
      (column) =>
        `${name}.${column.name} requires a value that orders don’t have: give it a default, or drop its not null`,
    ),
    ...(keys?.there === true || missing.length > 0
      ? []
      : [`${name} has no unique key (${key.join(', ')}): add it as its primary key`]),
    ...(denied.length > 0 ? [`${name} can’t be used: grant ${denied.join(', ')} on it`] : []),
  ];
}

interface ColumnRow {
  readonly name: string;
  readonly must_be_given: boolean;
}
