import type { EventEmitter } from 'node:events';
import {
  Admin,
  type AdminOptions,
  Consumer,
  type ConsumerOptions,
  Producer,
  type ProducerOptions,
} from '@platformatic/kafka';

/** How to reach the cluster. */
export interface KafkaConnection {
  /** Bootstrap brokers, host:port. */
  readonly brokers: readonly string[];
}

type Unreached<Options> = Options extends unknown ? Omit<Options, keyof Reach> : never;

/** What of a client's options is the same for every client of a cluster. */
interface Reach {
  readonly bootstrapBrokers: string[];
}

/** Makes every client of the library, so that how a cluster is reached is settled in one place. */
export class KafkaClients {
  readonly #brokers: readonly string[];

  constructor({ brokers }: KafkaConnection) {
    this.#brokers = brokers;
  }

  /** The bootstrap brokers, for people. */
  get address(): string {
    return this.#brokers.join(', ');
  }

  admin(options: Unreached<AdminOptions>): Admin {
    return silenced(new Admin({ ...options, ...this.#reach }));
  }

  consumer(options: Unreached<ConsumerOptions<Buffer, Buffer, Buffer, Buffer>>): Consumer {
    return silenced(new Consumer({ ...options, ...this.#reach }));
  }

  producer<Key = Buffer, Value = Buffer, HeaderKey = Buffer, HeaderValue = Buffer>(
    options: Unreached<ProducerOptions<Key, Value, HeaderKey, HeaderValue>>,
  ): Producer<Key, Value, HeaderKey, HeaderValue> {
    return silenced(new Producer({ ...options, ...this.#reach }));
  }

  get #reach(): Reach {
    return { bootstrapBrokers: [...this.#brokers] };
  }
}

/** Errors come back from the calls; the event would end the process if nobody listened. */
function silenced<Client extends EventEmitter>(client: Client): Client {
  client.on('error', () => {});
  return client;
}
