import { producedAt } from '../src/kafka/read/order-log.ts';
import { readRecordBatches } from '../src/kafka/read/record-batch-reader.ts';
import type { OutgoingMessage } from '../src/kafka/send/message-sender.ts';
import { partitionOfKey } from '../src/kafka/send/partitioner.ts';
import { encodeRecordBatch, stampRecordBatch } from '../src/kafka/send/record-batch.ts';
import { decodeOrder } from '../src/order/decode.ts';
import { latestDate, OrderScan } from '../src/order/order-scan.ts';
import { MessageHeaders } from '../src/producer/message-headers.ts';
import type { SourceMessage } from '../src/producer/message-source.ts';
import { createSource } from '../src/producer/source.ts';
import { CopyRows } from '../src/storage/postgresql/copy-rows.ts';
import { type Bench, type BenchContext, type BenchReport, knob } from './lib/bench.ts';
import { type Spread, spread } from './lib/stats.ts';
import { fixed } from './lib/table.ts';
import { throwIfAborted } from './lib/wait.ts';

const SEED = 6;
const BATCH = 1_000;
const WARM_UP_ROUNDS = 3;
const PARTITIONS = 6;
const MAX_ORDER_BYTES = 524_288;

/** The steps an order takes through this process, each alone, without any engine. */
export const micro: Bench = {
  name: 'micro',
  about: 'the steps of the pipe one by one, no engine at work',
  run,
};

interface Step {
  readonly name: string;
  /** Does the step for every order. */
  readonly work: () => void;
}

async function run({ signal }: BenchContext): Promise<BenchReport> {
  const count = knob('N', 100_000);
  const rounds = knob('ROUNDS', 7);
  const results: { name: string; micros: Spread }[] = [];
  for (const { name, work } of steps(count)) {
    const micros: number[] = [];
    for (let round = 0; round < rounds + WARM_UP_ROUNDS; round++) {
      throwIfAborted(signal);
      const before = process.cpuUsage();
      work();
      // CPU, not time: other processes matter less, and garbage collected on other threads is counted.
      const { user, system } = process.cpuUsage(before);
      if (round >= WARM_UP_ROUNDS) micros.push((user + system) / count);
      // Other work of the event loop, such as collecting garbage, is not the next round's.
      await Bun.sleep(1);
    }
    results.push({ name, micros: spread(micros) });
  }
  return {
    tables: [
      {
        title: `${count} orders, ${rounds} rounds; CPU in µs an order`,
        columns: ['', 'median', 'min', 'max'],
        rows: results.map(({ name, micros }) => [
          name,
          ...[micros.median, micros.min, micros.max].map((value) => fixed(value, 2)),
        ]),
      },
    ],
    data: { count, results },
    lines: results.map(({ name, micros }) => `micro ${name.replaceAll(' ', '_')}_us ${fixed(micros.median, 2)}`),
  };
}

/** Of `producer.compression`. */
const CODECS = ['snappy', 'lz4', 'zstd', 'gzip'] as const;

function steps(count: number): Step[] {
  const headers = new MessageHeaders();
  const messages = batchesOf(count).map((batch) =>
    batch.map(({ key, value }) => ({ key, value, headers: headers.next(Date.now()) })),
  );
  const encoded = messages.map((batch) => stamped(batch));
  const records = encoded.flatMap((bytes) => readRecordBatches(bytes)).flatMap((batch) => batch.records);
  const scan = new OrderScan();
  const rows = new CopyRows('orders');
  const latest = latestDate(Date.now());
  const options = { maxBytes: MAX_ORDER_BYTES, now: Date.now };
  const scanned = (use: (index: number) => void) => () => {
    for (let index = 0; index < records.length; index++) {
      const record = records[index];
      if (record === undefined) continue;
      const { bytes, valueAt, valueLength } = record;
      if (!scan.scan(bytes, valueAt, valueLength, latest)) throw new Error('an order was not recognised');
      use(index);
    }
  };
  return [
    { name: 'generate', work: () => void batchesOf(count) },
    {
      name: 'partition',
      work: () => {
        for (const batch of messages) for (const { key } of batch) if (key) partitionOfKey(key, PARTITIONS);
      },
    },
    {
      name: 'encode record batch',
      work: () => {
        for (const batch of messages) encodeRecordBatch(batch, Date.now());
      },
    },
    {
      name: 'checksum record batch',
      work: () => {
        for (const bytes of encoded) stamp(bytes);
      },
    },
    {
      name: 'read record batch',
      work: () => {
        for (const bytes of encoded) readRecordBatches(bytes);
      },
    },
    ...CODECS.flatMap((codec) => {
      const packed = messages.map((batch) => encodeRecordBatch(batch, Date.now(), codec));
      return [
        { name: `encode ${codec}`, work: () => void messages.map((batch) => encodeRecordBatch(batch, 0, codec)) },
        { name: `read ${codec}`, work: () => void packed.map(readRecordBatches) },
      ];
    }),
    {
      name: 'read header',
      work: () => {
        for (const record of records) producedAt(record);
      },
    },
    { name: 'scan', work: scanned(() => {}) },
    {
      name: 'scan and encode rows',
      work: scanned((index) => {
        rows.addScanned(scan, 0, index, 0);
        if (index % BATCH === 0) rows.clear();
      }),
    },
    {
      name: 'decode as JSON',
      work: () => {
        for (const { value } of records) decodeOrder(value, options);
      },
    },
  ];
}

function batchesOf(count: number): (readonly SourceMessage[])[] {
  const source = createSource({ seed: SEED, count });
  return Array.from({ length: Math.ceil(count / BATCH) }, () => source.take(BATCH));
}

function stamped(messages: readonly OutgoingMessage[]): Buffer {
  const bytes = encodeRecordBatch(messages, Date.now());
  stamp(bytes);
  return bytes;
}

function stamp(bytes: Buffer): void {
  stampRecordBatch(bytes, { producerId: 1n, producerEpoch: 0, baseSequence: 0 });
}
