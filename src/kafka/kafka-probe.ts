import { KeptAdmin } from './kept-admin.ts';

const REQUEST_TIMEOUT_MS = 2_000;

/** A connection kept for one question: does the cluster answer? */
export class KafkaProbe {
  readonly #admin: KeptAdmin;

  constructor(brokers: readonly string[]) {
    this.#admin = new KeptAdmin({
      brokers,
      clientId: 'test-service-probe',
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
  }

  /** Resolves when a broker answers. @throws AppError `kafka_unavailable` */
  async check(): Promise<void> {
    await this.#admin.ask('asking Kafka', (admin) => admin.metadata({ topics: [], forceUpdate: true }));
  }

  /** Closes the connection; a later check opens another. */
  close(): Promise<void> {
    return this.#admin.close();
  }
}
