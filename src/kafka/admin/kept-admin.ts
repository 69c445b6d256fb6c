import type { Admin } from '@platformatic/kafka';
import { AppError } from '../../lib/app-error.ts';
import { within } from '../../lib/deadline.ts';
import { type KafkaClients, toKafkaError } from '../clients.ts';

export interface KeptAdminOptions {
  readonly clientId: string;
  /** Time a request may take, ms. */
  readonly timeoutMs: number;
}

const CLOSE_TIMEOUT_MS = 1_000;
const PROBE_TIMEOUT_MS = 2_000;
const LATEST = -1n;

/** An admin client that stays open between requests and is replaced after a failure. */
export class KeptAdmin {
  readonly #kafka: KafkaClients;
  readonly #options: KeptAdminOptions;
  #admin: Admin | undefined;

  constructor(kafka: KafkaClients, options: KeptAdminOptions) {
    this.#kafka = kafka;
    this.#options = options;
  }

  /** @param what is asked, for the error. @throws AppError `kafka_unavailable` (retryable), `topic_missing`. */
  async ask<T>(what: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    const { clientId, timeoutMs } = this.#options;
    this.#admin ??= this.#kafka.admin({ clientId, connectTimeout: timeoutMs, requestTimeout: timeoutMs, retries: 0 });
    const admin = this.#admin;
    try {
      return await within(2 * timeoutMs, work(admin));
    } catch (error) {
      const failure = toKafkaError(error, what);
      if (failure.code !== 'topic_missing') {
        if (this.#admin === admin) this.#admin = undefined;
        void close(admin);
      }
      throw failure;
    }
  }

  /** Closes the connections; a later request opens new ones. */
  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    if (admin !== undefined) await close(admin);
  }
}

/** Never rejects, bounded in time. */
function close(admin: Admin): Promise<void> {
  return within(CLOSE_TIMEOUT_MS, admin.close()).catch(() => {});
}

/** Checks whether a topic can be used, on a connection that stays open. */
export class KafkaProbe {
  readonly #topic: string;
  readonly #admin: KeptAdmin;

  constructor(kafka: KafkaClients, topic: string) {
    this.#topic = topic;
    this.#admin = new KeptAdmin(kafka, { clientId: 'test-service-probe', timeoutMs: PROBE_TIMEOUT_MS });
  }

  /**
   * Resolves with the topic's number of partitions if each has a leader and every leader answers at its advertised
   * address. An answer from a bootstrap broker alone proves little.
   * @throws AppError `topic_missing`, `kafka_unavailable`
   */
  check(): Promise<number> {
    const name = this.#topic;
    return this.#admin.ask(`asking the leaders of topic ${name}`, async (admin) => {
      const { topics } = await admin.metadata({ topics: [name], forceUpdate: true });
      const leaders = (topics.get(name)?.partitions ?? []).map(({ leader }) => leader);
      const without = leaders.findIndex((leader) => leader < 0);
      if (without >= 0) throw new AppError('kafka_unavailable', `partition ${without} of topic ${name} has no leader`);
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
