import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Producer } from '@platformatic/kafka';
import type { KafkaClients } from '../../src/kafka/clients.ts';
import type { OutgoingMessage } from '../../src/kafka/send/message-sender.ts';

/** Sends lines by kcat, a client of another make. With a key, each line is `key`, a tab, the value. */
export async function kcatSend(
  brokers: readonly string[],
  topic: string,
  lines: readonly string[],
  options: readonly string[],
): Promise<void> {
  const child = spawn('kcat', ['-P', '-b', brokers.join(','), '-t', topic, '-X', 'acks=all', ...options], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`kcat: exit code ${code}\n${errors}`);
}

/** What a broker allows by default (`transaction.max.timeout.ms`): no machine is so slow that a test takes as long. */
const LONGEST_TRANSACTION_MS = 900_000;

/** A producer of transactions that the test ends by hand, one after the other. */
export class TransactionalProducer {
  readonly #producer: Producer<Buffer, Buffer, string, string>;
  readonly #topic: string;
  #begun = false;

  constructor(kafka: KafkaClients, topic: string, name: string) {
    this.#topic = topic;
    const bytes = (value: Buffer | undefined): Buffer | undefined => value;
    const text = (value: string | undefined): Buffer => Buffer.from(value ?? '');
    this.#producer = kafka.producer({
      clientId: name,
      transactionalId: name,
      idempotent: true,
      serializers: { key: bytes, value: bytes, headerKey: text, headerValue: text },
      // Of a transaction, too: the broker ends one that is open for longer. The client's default is 5 s.
      timeout: LONGEST_TRANSACTION_MS,
      // The coordinator asks to wait while it completes the transaction before.
      retries: 100,
      retryDelay: 20,
    });
  }

  /** Begins a transaction; its messages are visible, or never will be, when it has ended. */
  async begin(): Promise<{
    send(messages: readonly OutgoingMessage[]): Promise<void>;
    commit(): Promise<void>;
    abort(): Promise<void>;
  }> {
    // The client's own default claims to be producer 0, and is fenced for it.
    const unknown = { producerId: -1n, producerEpoch: -1 };
    const transaction = await this.#producer.beginTransaction(this.#begun ? {} : unknown);
    this.#begun = true;
    return {
      send: async (messages) => {
        await transaction.send({
          messages: messages.map(({ key, value, partition }) => ({
            topic: this.#topic,
            ...(key && { key }),
            ...(value && { value }),
            ...(partition !== undefined && { partition }),
          })),
        });
      },
      commit: () => transaction.commit(),
      abort: () => transaction.abort(),
    };
  }

  async close(): Promise<void> {
    await this.#producer.close(true).catch(() => {});
  }
}
