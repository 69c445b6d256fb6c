import type { Admin } from '@platformatic/kafka';
import { within } from '../../lib/deadline.ts';
import { type KafkaClients, toKafkaError } from '../clients.ts';
import { explained } from './broker-probe.ts';

export interface KeptAdminOptions {
  readonly clientId: string;
  /** Time a request may take, ms. */
  readonly timeoutMs: number;
}

const CLOSE_TIMEOUT_MS = 1_000;
/** Time a broker has to say why it let nobody in. */
const EXPLAIN_TIMEOUT_MS = 1_000;

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
      const explanation = explained(this.#kafka, error, what);
      const failure = await within(EXPLAIN_TIMEOUT_MS, explanation).catch(() => toKafkaError(error, what));
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
