import { AppError } from '../../lib/app-error.ts';
import type { KafkaClients } from '../clients.ts';
import { KeptAdmin } from './kept-admin.ts';

const REQUEST_TIMEOUT_MS = 2_000;
const LATEST = -1n;

/** A connection kept for one question: can the topic be used? */
export class KafkaProbe {
  readonly #topic: string;
  readonly #admin: KeptAdmin;

  constructor(kafka: KafkaClients, topic: string) {
    this.#topic = topic;
    this.#admin = new KeptAdmin(kafka, { clientId: 'test-service-probe', timeoutMs: REQUEST_TIMEOUT_MS });
  }

  /**
   * Resolves with the topic's number of partitions when each of them has a leader and every leader answers at the address it
   * advertises: that a bootstrap broker answers says little.
   * @throws AppError `topic_missing`, `kafka_unavailable`
   */
  check(): Promise<number> {
    const name = this.#topic;
    return this.#admin.ask(`asking the leaders of topic ${name}`, async (admin) => {
      const { topics } = await admin.metadata({ topics: [name], forceUpdate: true });
      const leaders = (topics.get(name)?.partitions ?? []).map(({ leader }) => leader);
      const without = leaders.findIndex((leader) => leader < 0);
      if (without >= 0)
        throw new AppError('kafka_unavailable', `partition ${without} of topic ${name} has no leader`);
      const partitions = [...new Set(leaders)].map((leader) => ({
        partitionIndex: leaders.indexOf(leader),
        timestamp: LATEST,
      }));
      await admin.listOffsets({ topics: [{ name, partitions }] });
      return leaders.length;
    });
  }

  /** Closes the connection; a later check opens another. */
  close(): Promise<void> {
    return this.#admin.close();
  }
}
