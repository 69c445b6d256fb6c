import { type Connection, describeProducersV0, describeTransactionsV0, listTransactionsV0 } from '@platformatic/kafka';
import type { Address } from '../../lib/address.ts';

/** An open transaction in a partition: readers of committed messages see nothing from its first offset on. */
export interface OpenTransaction {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  /** 64-bit number as text. */
  readonly producerId: string;
  /**
   * Undefined if no coordinator names it: it may not be asked, or the transaction hangs and will never end by itself.
   */
  readonly transactionalId: string | undefined;
  /** ms since the Unix epoch. */
  readonly startedAt: number | undefined;
  /** The broker aborts it after this time. */
  readonly timeoutMs: number | undefined;
}

/** The part of a client that is needed here; admins and consumers both have it. */
export interface ClusterClient {
  metadata(options: { topics: string[] }): Promise<{
    readonly brokers: ReadonlyMap<number, Address>;
    readonly topics: ReadonlyMap<string, { readonly partitions: ReadonlyArray<{ readonly leader: number }> }>;
  }>;
  readonly connections: { get(broker: Address): Promise<Connection> };
}

const FIRST_OFFSET = 0n;
const ONGOING = ['Ongoing', 'PrepareCommit', 'PrepareAbort'] as const;

/**
 * The open transactions of some partitions of a topic, as far as the brokers tell (KIP-664): leaders name the
 * producers, coordinators the transactions. Never rejects; what a broker does not tell is left out.
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-664
 */
export async function openTransactions(
  client: ClusterClient,
  topic: string,
  partitions: readonly number[],
): Promise<OpenTransaction[]> {
  if (partitions.length === 0) return [];
  const metadata = await client.metadata({ topics: [topic] }).catch(() => undefined);
  const known = metadata?.topics.get(topic);
  if (metadata === undefined || known === undefined) return [];
  const askAll = async <T>(brokers: readonly Address[], ask: (connection: Connection, at: number) => Promise<T[]>) =>
    (
      await Promise.all(
        brokers
          .map(async (broker, at) => ask(await client.connections.get(broker), at))
          .map((one) => one.catch(() => [])),
      )
    ).flat();
  const leaders = [...Map.groupBy(partitions, (one) => known.partitions[one]?.leader ?? -1)].flatMap(([id, led]) => {
    const broker = metadata.brokers.get(id);
    return broker === undefined ? [] : [{ broker, led }];
  });
  const producers = await askAll(
    leaders.map(({ broker }) => broker),
    (connection, at) => producersOf(connection, topic, leaders[at]?.led ?? []),
  );
  if (producers.length === 0) return [];
  const ids = [...new Set(producers.map(({ producerId }) => producerId))];
  const named = new Map(
    (await askAll([...metadata.brokers.values()], (connection) => transactionsOf(connection, ids))).map((one) => [
      one.producerId,
      one,
    ]),
  );
  return producers.map(({ partition, firstOffset, producerId }) => {
    const transaction = named.get(producerId);
    const startedAt = Number(transaction?.transactionStartTimeMs ?? -1);
    return {
      topic,
      partition,
      firstOffset,
      producerId: String(producerId),
      transactionalId: transaction?.transactionalId,
      startedAt: startedAt < 0 ? undefined : startedAt,
      timeoutMs: transaction?.transactionTimeoutMs,
    };
  });
}

async function producersOf(connection: Connection, topic: string, partitionIndexes: readonly number[]) {
  const { topics } = await describeProducersV0.api.async(connection, [
    { name: topic, partitionIndexes: [...partitionIndexes] },
  ]);
  return topics.flatMap(({ partitions }) =>
    partitions.flatMap(({ partitionIndex, activeProducers }) =>
      activeProducers
        .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= FIRST_OFFSET)
        .map(({ producerId, currentTxnStartOffset }) => ({
          partition: partitionIndex,
          firstOffset: Number(currentTxnStartOffset),
          producerId,
        })),
    ),
  );
}

async function transactionsOf(connection: Connection, producerIds: readonly bigint[]) {
  const { transactionStates } = await listTransactionsV0.api.async(
    connection,
    [...ONGOING],
    [...producerIds],
    -1n,
    null,
  );
  if (transactionStates.length === 0) return [];
  const ids = transactionStates.map(({ transactionalId }) => transactionalId);
  return (await describeTransactionsV0.api.async(connection, ids)).transactionStates;
}
