import type {
  Assignment,
  CommittedOffset,
  EpochEnd,
  FetchedPartition,
  LogRange,
  OrderLog,
} from '../../src/kafka/read/order-log.ts';

/** A log in memory: the test says what is assigned and what a fetch brings. */
export class FakeOrderLog implements OrderLog {
  lastHeartbeat: number | undefined;
  /** Every commit, as pairs of partition and offset. */
  readonly commits: [number, number][][] = [];
  readonly fetches: { readonly positions: ReadonlyMap<number, number>; readonly waitMs: number }[] = [];
  closed = 0;
  /** What Kafka has of the group. */
  readonly inKafka = new Map<number, CommittedOffset>();
  onCommit: () => Promise<void> = () => Promise.resolve();
  /** Joining the group; resolved at once unless the test says otherwise. */
  onStart: () => Promise<void> = () => Promise.resolve();
  /** Without more to give it waits, as a broker does. */
  onFetch: (positions: ReadonlyMap<number, number>) => Promise<FetchedPartition[]> = async () => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return [];
  };
  onRanges: (partitions: readonly number[]) => Promise<Map<number, LogRange>> = async (partitions) =>
    new Map(partitions.map((partition) => [partition, { start: 0, end: 1_000_000 }]));
  /** Every epoch goes on unless the test says otherwise. */
  onEpochEnds: (epochs: ReadonlyMap<number, number>) => Map<number, EpochEnd> = (epochs) =>
    new Map([...epochs].map(([partition, leaderEpoch]) => [partition, { leaderEpoch, end: 1_000_000, newest: true }]));
  assign: (assignment: Assignment) => void = () => {
    throw new Error('not started');
  };
  lose: (reason: string) => void = () => {
    throw new Error('not started');
  };

  start(onAssignment: (assignment: Assignment) => void, onLost: (reason: string) => void): Promise<void> {
    this.assign = onAssignment;
    this.lose = onLost;
    return this.onStart();
  }

  fetch(positions: ReadonlyMap<number, number>, waitMs: number): Promise<FetchedPartition[]> {
    this.fetches.push({ positions: new Map(positions), waitMs });
    return this.onFetch(positions);
  }

  peek(partition: number, offset: number): Promise<FetchedPartition[]> {
    return this.fetch(new Map([[partition, offset]]), 0);
  }

  ranges(partitions: readonly number[]): Promise<Map<number, LogRange>> {
    return this.onRanges(partitions);
  }

  committed(): Promise<Map<number, CommittedOffset>> {
    return Promise.resolve(this.inKafka);
  }

  async epochEnds(epochs: ReadonlyMap<number, number>): Promise<Map<number, EpochEnd>> {
    return this.onEpochEnds(epochs);
  }

  commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    this.commits.push([...offsets].sort(([a], [b]) => a - b));
    return this.onCommit();
  }

  async close(): Promise<void> {
    this.closed += 1;
  }
}
