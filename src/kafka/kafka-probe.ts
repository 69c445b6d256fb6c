import { Admin } from '@platformatic/kafka';
import { toKafkaError } from './kafka-error.ts';

const REQUEST_TIMEOUT_MS = 2_000;

/** A connection kept for one question: does the cluster answer? */
export class KafkaProbe {
  readonly #brokers: readonly string[];
  #admin: Admin | undefined;

  constructor(brokers: readonly string[]) {
    this.#brokers = brokers;
  }

  /** Resolves when a broker answers. @throws AppError `kafka_unavailable` */
  async check(): Promise<void> {
    this.#admin ??= new Admin({
      clientId: 'test-service-probe',
      bootstrapBrokers: [...this.#brokers],
      connectTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retries: 0,
    });
    try {
      await this.#admin.metadata({ topics: [], forceUpdate: true });
    } catch (error) {
      await this.close();
      throw toKafkaError(error, 'asking Kafka');
    }
  }

  /** Closes the connection; a later check opens another. */
  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.close().catch(() => {});
  }
}
