import { type Connection, offsetForLeaderEpochV4 } from '@platformatic/kafka';
import type { EpochEnd, EpochSpan, FetchedPartition } from './order-log.ts';
import type { RecordBatch } from './record-batch-reader.ts';

const CONSUMER = -1;
const UNKNOWN = -1;

/**
 * Asks a leader where epochs of its partitions end. `epochs` are by partition; `leaderEpochs` are the leaders' epochs
 * according to the metadata, and a leader of another epoch refuses. Rejects if one partition is refused.
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-320
 */
export async function askEpochEnds(
  connection: Connection,
  topic: string,
  epochs: ReadonlyMap<number, number>,
  leaderEpochs: ReadonlyMap<number, number>,
): Promise<[partition: number, EpochEnd][]> {
  const partitions = [...epochs].map(([partition, leaderEpoch]) => ({
    partitionIndex: partition,
    currentLeaderEpoch: leaderEpochs.get(partition) ?? UNKNOWN,
    leaderEpoch,
  }));
  const { topics } = await offsetForLeaderEpochV4.api.async(connection, CONSUMER, [{ name: topic, partitions }]);
  return topics.flatMap((one) =>
    one.partitions.map(({ partition, leaderEpoch, endOffset }): [number, EpochEnd] => {
      const newest = leaderEpoch >= 0 && leaderEpoch === leaderEpochs.get(partition);
      return [partition, { leaderEpoch, end: Number(endOffset), newest }];
    }),
  );
}

/** The stretches of a log that the batches cover, by epoch. */
export function spansOf(batches: readonly RecordBatch[]): EpochSpan[] {
  const spans: EpochSpan[] = [];
  for (const { leaderEpoch, nextOffset } of batches) {
    if (spans.at(-1)?.leaderEpoch === leaderEpoch) spans.pop();
    spans.push({ leaderEpoch, epochStart: leaderEpoch === 0 ? 0 : UNKNOWN, nextOffset });
  }
  return spans;
}

/** Finds out where the epochs of fetched messages begin, with one request for each epoch. */
export class EpochStarts {
  readonly #ask: (epochs: ReadonlyMap<number, number>) => Promise<Map<number, EpochEnd>>;
  /** The latest epoch of each partition, and where it begins. */
  readonly #latest = new Map<number, { readonly leaderEpoch: number; readonly start: number }>();

  constructor(ask: (epochs: ReadonlyMap<number, number>) => Promise<Map<number, EpochEnd>>) {
    this.#ask = ask;
  }

  /** Adds `epochStart` where a broker tells it. Never rejects. */
  addTo(fetched: readonly FetchedPartition[]): Promise<FetchedPartition[]> {
    // Side by side: after an election there is something to ask of every partition.
    return Promise.all(fetched.map(async (one) => ({ ...one, epochs: await this.#begun(one) })));
  }

  async #begun({ partition, logStartOffset, epochs }: FetchedPartition): Promise<EpochSpan[]> {
    const begun: EpochSpan[] = [];
    for (const span of epochs) {
      const start = span.epochStart >= 0 ? span.epochStart : await this.#startOf(partition, span);
      // Retention moves the beginning of an epoch to that of the log: where it once was is not known any more.
      const moved = start > 0 && start <= logStartOffset;
      begun.push({ ...span, epochStart: moved ? UNKNOWN : start });
    }
    return begun;
  }

  async #startOf(partition: number, { leaderEpoch, nextOffset }: EpochSpan): Promise<number> {
    const latest = this.#latest.get(partition);
    // A start behind the stretch is that of another log.
    if (latest?.leaderEpoch === leaderEpoch && latest.start < nextOffset) return latest.start;
    const asked = await this.#ask(new Map([[partition, leaderEpoch - 1]])).catch(() => undefined);
    const start = asked?.get(partition)?.end ?? UNKNOWN;
    if (start >= 0) this.#latest.set(partition, { leaderEpoch, start });
    return start;
  }
}
