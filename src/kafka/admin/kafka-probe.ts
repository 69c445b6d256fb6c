import { type Admin, ConfigResourceTypes } from '@platformatic/kafka';
import { AppError } from '../../lib/app-error.ts';
import type { KafkaClients } from '../clients.ts';
import { KeptAdmin } from './kept-admin.ts';
import { TopicCatalog, type TopicEnds } from './topic-catalog.ts';

/** A topic that can be used, and its brokers. */
export interface TopicLayout {
  readonly partitions: number;
  /** Copies of the partition that has the fewest. */
  readonly replicas: number;
  /** `min.insync.replicas`; undefined where the right to describe it is missing. */
  readonly leastInSync: number | undefined;
  readonly brokers: number;
  /** Partitions that lack copies in sync. */
  readonly behind: readonly number[];
}

const TIMEOUT_MS = 2_000;
/** How long the topic's setting is believed to be as it was. */
const SETTING_MS = 30_000;
const LATEST = -1n;

/** Checks whether a topic can be used, on a connection that stays open. */
export class KafkaProbe {
  readonly #topic: string;
  readonly #admin: KeptAdmin;
  readonly #catalog: TopicCatalog;
  #least: { readonly value: number | undefined; readonly until: number } = { value: undefined, until: 0 };

  constructor(kafka: KafkaClients, topic: string) {
    this.#topic = topic;
    this.#admin = new KeptAdmin(kafka, { clientId: 'test-service-probe', timeoutMs: TIMEOUT_MS });
    this.#catalog = new TopicCatalog(this.#admin);
  }

  /**
   * Resolves if each partition has a leader and as many replicas in sync as it needs to take messages, and every leader answers at its advertised address. An answer from a bootstrap broker alone proves little.
   * @throws AppError `topic_missing`, `kafka_unavailable`
   */
  check(): Promise<TopicLayout> {
    const name = this.#topic;
    return this.#admin.ask(`asking the leaders of topic ${name}`, async (admin) => {
      const { brokers, topics } = await admin.metadata({ topics: [name], forceUpdate: true });
      const replicas = topics.get(name)?.partitions ?? [];
      const leaders = replicas.map(({ leader }) => leader);
      const without = leaders.findIndex((leader) => leader < 0);
      if (without >= 0) throw new AppError('kafka_unavailable', `partition ${without} of topic ${name} has no leader`);
      const least = await this.#leastInSync(admin);
      const short = replicas.findIndex(({ isr }) => isr.length < (least ?? 1));
      if (short >= 0) {
        const few = `${replicas[short]?.isr.length} in-sync replica(s), and min.insync.replicas is ${least}`;
        throw new AppError('kafka_unavailable', `partition ${short} of topic ${name} takes no messages: it has ${few}`);
      }
      const partitions = [...new Set(leaders)].map((leader) => ({
        partitionIndex: leaders.indexOf(leader),
        timestamp: LATEST,
      }));
      await admin.listOffsets({ topics: [{ name, partitions }] });
      return {
        partitions: leaders.length,
        replicas: Math.min(...replicas.map((one) => one.replicas.length)),
        leastInSync: least,
        brokers: brokers.size,
        behind: replicas.flatMap((one, partition) => (one.isr.length < one.replicas.length ? [partition] : [])),
      };
    });
  }

  async #leastInSync(admin: Admin): Promise<number | undefined> {
    const { value, until } = this.#least;
    if (performance.now() < until) return value;
    const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: this.#topic };
    const least = await admin
      .describeConfigs({ resources: [{ ...resource, configurationKeys: ['min.insync.replicas'] }] })
      .then(([described]) => Number(described?.configs[0]?.value ?? 1))
      .catch(() => undefined);
    this.#least = { value: least, until: performance.now() + SETTING_MS };
    return least;
  }

  /** Where each partition ends; those without a leader are left out. @throws AppError as `check` */
  async ends(): Promise<TopicEnds['ends']> {
    return (await this.#catalog.ends([this.#topic])).get(this.#topic)?.ends ?? new Map();
  }

  /** Closes the connection; a later check opens another. */
  close(): Promise<void> {
    return this.#admin.close();
  }
}
