import type { Connection, Producer } from '@platformatic/kafka';
import { AppError } from '../../lib/app-error.ts';
import { type KafkaClients, saysTopicMissing, toKafkaError } from '../clients.ts';
import { type PartitionBatch, type ProduceAnswer, produce, produceVersion } from './produce-api.ts';

export interface ProducerSessionOptions {
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  /** Silence of a broker after which a request is given up, ms. */
  readonly requestTimeoutMs: number;
}

/** The number under which a producer's batches are told apart from its repeats (KIP-98). */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** The leader of each partition of a topic, by partition; undefined while it has none. */
export interface TopicLayout {
  readonly leaders: readonly (number | undefined)[];
  /** By `performance.now()`. */
  readonly readAtMs: number;
}

const PRODUCE_API = 'Produce';
/** Above the broker's own time limit for a request, so that its answer is not missed by a moment. */
const BROKER_SHARE = 0.8;

/**
 * The client's connections, metadata and protocol versions, and nothing of its own queueing, retries and sequence
 * numbers: those lose or double messages when several sends are in flight and one of them fails. reset() drops the
 * whole client, so no broken socket outlives an error.
 */
export class ProducerSession {
  readonly #kafka: KafkaClients;
  readonly #options: ProducerSessionOptions;
  #client: Producer | undefined;
  #version: Promise<number> | undefined;
  #identity: Promise<ProducerIdentity> | undefined;
  #closing: Promise<unknown> = Promise.resolve();

  constructor(kafka: KafkaClients, options: ProducerSessionOptions) {
    this.#kafka = kafka;
    this.#options = options;
  }

  /** Asks the cluster. @throws AppError `topic_missing`, `kafka_rejected` or `kafka_unavailable` */
  async layout(topic: string): Promise<TopicLayout> {
    const what = `looking up topic ${topic}`;
    try {
      const { topics } = await this.#open().metadata({ topics: [topic], forceUpdate: true });
      const partitions = topics.get(topic)?.partitions ?? [];
      if (partitions.length === 0) throw new AppError('topic_missing', `${what}: it has no partitions`);
      return {
        leaders: partitions.map(({ leader }) => (leader < 0 ? undefined : leader)),
        readAtMs: performance.now(),
      };
    } catch (error) {
      throw saysTopicMissing(error)
        ? new AppError('topic_missing', `topic ${topic} does not exist`)
        : toKafkaError(error, what);
    }
  }

  /** The connection to a broker, by its node id. @throws AppError `kafka_unavailable` */
  async connection(nodeId: number): Promise<Connection> {
    const client = this.#open();
    const broker = client.currentMetadata?.brokers.get(nodeId);
    if (broker === undefined) {
      throw new AppError('kafka_unavailable', `broker ${nodeId} is not known`, { retryable: true });
    }
    const connection = await client.connections.get(broker);
    // A socket may fail twice; the client listens once, and an error nobody listens to would end the process.
    if (connection.listenerCount('error') < 2) connection.on('error', () => {});
    return connection;
  }

  /** Sends batches that carry identity and sequence already; see produce. */
  async produce(connection: Connection, batches: readonly PartitionBatch[]): Promise<readonly ProduceAnswer[]> {
    const version = await this.version();
    return produce(connection, version, this.#options.requestTimeoutMs * BROKER_SHARE, batches);
  }

  /** The Produce version to speak. @throws AppError `kafka_rejected` when the broker is too old or too new */
  version(): Promise<number> {
    this.#version ??= this.#open()
      .listApis()
      .then((apis) => {
        const range = apis.find((api) => api.name === PRODUCE_API);
        const version = range === undefined ? undefined : produceVersion(range);
        if (version === undefined) {
          throw new AppError('kafka_rejected', 'the broker speaks no version of Produce that this service does');
        }
        return version;
      });
    return this.#version;
  }

  /** The identity batches are written under, asked for once; it outlives reset(). */
  identity(): Promise<ProducerIdentity> {
    if (this.#identity === undefined) {
      const asked: Promise<ProducerIdentity> = this.#open().initIdempotentProducer({});
      this.#identity = asked;
      asked.catch(() => {
        if (this.#identity === asked) this.#identity = undefined;
      });
    }
    return this.#identity;
  }

  /** The next identity() will be another one. */
  forgetIdentity(): void {
    this.#identity = undefined;
  }

  /** Closes every connection; the next call opens new ones. */
  reset(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#version = undefined;
    if (client !== undefined) this.#closing = Promise.allSettled([this.#closing, client.close(true)]);
  }

  /** Resolves when all connections ever opened are closed. */
  async close(): Promise<void> {
    this.reset();
    await this.#closing;
  }

  #open(): Producer {
    this.#client ??= this.#kafka.producer({
      clientId: this.#options.clientId,
      connectTimeout: this.#options.connectTimeoutMs,
      requestTimeout: this.#options.requestTimeoutMs,
      retries: 0,
      // Produce answers must not wait behind one another.
      maxInflights: 16,
    });
    return this.#client;
  }
}
