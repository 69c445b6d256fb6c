import type { SQL } from 'bun';
import type { KafkaClients } from '../../src/kafka/clients.ts';
import { type LogRecord, producedAt } from '../../src/kafka/read/order-log.ts';
import { TopicReader } from '../../src/kafka/read/topic-reader.ts';
import { latestDate, OrderScan } from '../../src/order/order-scan.ts';
import { COPY_ITEMS, COPY_ORDERS, CopyRows } from '../../src/storage/postgresql/copy-rows.ts';

/** Rows in PostgreSQL's COPY format, in pieces ready to be written. */
export interface EncodedRows {
  readonly orders: readonly Buffer[];
  readonly items: readonly Buffer[];
}

const BATCH_ORDERS = 4_000;
const CHUNK_BYTES = 131_072;

/** Every order of a topic as the rows the service itself writes for it: the same bytes, encoded beforehand. */
export async function encodeTopic(kafka: KafkaClients, topic: string): Promise<EncodedRows> {
  const reader = await TopicReader.open(kafka, { topic });
  const rows = new CopyRows(topic);
  const orders: Buffer[] = [];
  const items: Buffer[] = [];
  const flush = (): void => {
    orders.push(...chunks(rows.orders.slice()));
    items.push(...chunks(rows.items.slice()));
    rows.clear();
  };
  try {
    for await (const { partition, records } of reader.read(await reader.ranges())) {
      for (const record of records) {
        addRow(rows, partition, record);
        if (rows.count >= BATCH_ORDERS) flush();
      }
    }
  } finally {
    await reader.close();
  }
  flush();
  return { orders, items };
}

/** Both tables, one after the other, over one connection. */
export async function copyRows(sql: SQL, rows: EncodedRows): Promise<void> {
  await copy(sql, COPY_ORDERS, rows.orders);
  await copy(sql, COPY_ITEMS, rows.items);
}

async function copy(sql: SQL, statement: string, pieces: readonly Buffer[]): Promise<void> {
  const query = sql.unsafe(statement);
  const writer = query.writable().getWriter();
  for (const piece of pieces) await writer.write(piece);
  await writer.close();
  await query;
}

const scan = new OrderScan();
const latest = latestDate(Date.now());

function addRow(rows: CopyRows, partition: number, record: LogRecord): void {
  const { bytes, valueAt, valueLength, offset } = record;
  if (!scan.scan(bytes, valueAt, valueLength, latest)) {
    throw new Error(`offset ${offset} of partition ${partition} is no plain order`);
  }
  rows.addScanned(scan, partition, offset, producedAt(record));
}

function chunks(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) pieces.push(bytes.subarray(at, at + CHUNK_BYTES));
  return pieces;
}
