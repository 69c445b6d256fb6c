import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gone, startDaemon } from '../../src/engines/daemon.ts';
import { defineKafka } from '../../src/engines/kafka/kafka.ts';
import { identify, type ProcessIdentity, signalProcess } from '../../src/engines/processes.ts';
import { formatAddress } from '../../src/lib/address.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { seedFolder } from './engine-settings.ts';
import { freePort } from './free-port.ts';
import { createTempDir } from './temp-dir.ts';
import { until } from './until.ts';

const START_MS = 120_000;
const END_MS = 30_000;

/** A Kafka of the test's own that sends its clients on to an address which is not where it listens. */
export class KafkaProcess {
  /** Where it listens, host:port. */
  readonly broker: string;
  readonly #process: ProcessIdentity;
  readonly #removeFolder: () => void;

  private constructor(broker: string, identity: ProcessIdentity, removeFolder: () => void) {
    this.broker = broker;
    this.#process = identity;
    this.#removeFolder = removeFolder;
  }

  /**
   * `advertised` maps the listening port to the host:port that clients are sent on to. Resolves when it answers.
   * `settings` go into server.properties; more listeners, as NAME → address, beside the one for plaintext.
   */
  static async start(
    advertised: (port: number) => string | Promise<string>,
    settings: Readonly<Record<string, string>> = {},
    listeners: Readonly<Record<string, string>> = {},
  ): Promise<KafkaProcess> {
    const { path: folder, remove } = createTempDir('test-kafka-');
    const address = { host: '127.0.0.1', port: await freePort() };
    const broker = formatAddress(address);
    const engine = defineKafka([broker]);
    await seedFolder(engine, folder);
    const { signal } = new AbortController();
    const plan = await engine.prepare({ address, folder, step: () => {}, signal, logger: silentLogger });
    const file = join(folder, 'server.properties');
    const more = Object.entries(listeners).map(([name, where]) => `,${name}://${where}`);
    const text = readFileSync(file, 'utf8')
      .replace(
        /^advertised\.listeners=.*$/m,
        `advertised.listeners=PLAINTEXT://${await advertised(address.port)}${more.join('')}`,
      )
      .replace(/^listeners=.*$/m, (line) => line + more.join(''));
    // Of a setting that is there twice the last counts.
    writeFileSync(
      file,
      text +
        Object.entries(settings)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
    );
    const daemon = await startDaemon(plan, join(folder, 'kafka.log'));
    const identity = identify(daemon.pid);
    if (identity === undefined) throw new Error(`Kafka did not start:\n${daemon.logTail()}`);
    const started = new KafkaProcess(broker, identity, remove);
    await until(
      async () => {
        if (daemon.ended() !== undefined) throw new Error(`Kafka has ended:\n${daemon.logTail()}`);
        return (await engine.probe(address, 1_000)) === 'answers';
      },
      START_MS,
      50,
    );
    return started;
  }

  /** SIGSTOP: the port accepts and nothing answers, as in a network that drops packets. */
  freeze(): void {
    signalProcess(this.#process, 'SIGSTOP');
  }

  thaw(): void {
    signalProcess(this.#process, 'SIGCONT');
  }

  /** Kills it and removes its folder. */
  async close(): Promise<void> {
    signalProcess(this.#process, 'SIGKILL');
    await gone(this.#process, END_MS);
    this.#removeFolder();
  }
}
