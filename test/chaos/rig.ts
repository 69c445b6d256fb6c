import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineName } from '../../src/contract/engine.ts';
import { defineEngines } from '../../src/engines/engines.ts';
import { pause } from '../../src/lib/backoff.ts';
import { FaultProxy, type PatternAction, type ProxyMode } from '../helpers/fault-proxy.ts';
import { startTestEngines, type TestRunEngines } from '../helpers/run-engines.ts';
import { until } from '../helpers/until.ts';
import { AppProcess } from './app-process.ts';
import { ConsumerSlot } from './consumer-slot.ts';
import { EngineUnderFire } from './engine-under-fire.ts';
import { NetworkPath } from './network-path.ts';
import { type ChaosEvent, CONSUMERS } from './schedule.ts';

export interface RigOptions {
  /** Empty; everything is kept in it. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
}

export const TOPIC = 'chaos-orders';
const DEAD_LETTERS = 'chaos-orders.dead-letters';
const DATABASE = 'chaos';
const START_LIMIT_MS = 180_000;

/** Settings with short deadlines, so that a campaign sees many of them pass. */
const CONSUMER_SETTINGS = {
  TEST_SERVICE_CONSUMER_MAX_BATCH_ORDERS: '500',
  TEST_SERVICE_CONSUMER_SESSION_TIMEOUT_MS: '6000',
  TEST_SERVICE_CONSUMER_RETRY_MAX_MS: '2000',
  TEST_SERVICE_CONSUMER_STALL_MS: '15000',
  TEST_SERVICE_POSTGRESQL_CONNECT_TIMEOUT_MS: '4000',
  TEST_SERVICE_POSTGRESQL_STATEMENT_TIMEOUT_MS: '8000',
  TEST_SERVICE_LOG_LEVEL: 'debug',
};

/** The system under test: three engines, three consumers each with its own way to PostgreSQL, and what runs beside. */
export class Rig {
  readonly folder: string;
  readonly slots: readonly ConsumerSlot[];
  readonly #testEngines: TestRunEngines;
  readonly #engines: ReadonlyMap<EngineName, EngineUnderFire>;
  readonly #paths: readonly NetworkPath[];
  readonly #settings: Readonly<Record<string, string>>;
  readonly #others: AppProcess[] = [];
  readonly #signal: AbortSignal;

  private constructor(
    options: RigOptions,
    testEngines: TestRunEngines,
    engines: Map<EngineName, EngineUnderFire>,
    paths: NetworkPath[],
    settings: Record<string, string>,
  ) {
    this.folder = options.folder;
    this.#signal = options.signal;
    this.#testEngines = testEngines;
    this.#engines = engines;
    this.#paths = paths;
    this.#settings = settings;
    this.slots = paths.map((path, index) => {
      const url = path.urlOf(settings['TEST_SERVICE_POSTGRESQL_URL'] ?? '');
      return new ConsumerSlot(`consumer ${index + 1}`, {
        args: ['consume', '--json'],
        settings: { ...settings, ...CONSUMER_SETTINGS, TEST_SERVICE_POSTGRESQL_URL: url },
        folder: options.folder,
        logFile: this.logFile(`consumer-${index + 1}`),
      });
    });
  }

  /** Starts the engines and one consumer, which creates database and topics. Nothing is left when it rejects. */
  static async start(options: RigOptions): Promise<Rig> {
    const { folder, signal, print } = options;
    mkdirSync(join(folder, 'logs'));
    const testEngines = await startTestEngines(folder, signal, print);
    const url = new URL(testEngines.environment['TEST_POSTGRESQL_URL'] ?? '');
    const brokers = testEngines.environment['TEST_KAFKA_BROKERS'] ?? '';
    const redisUrl = testEngines.environment['TEST_REDIS_URL'] ?? '';
    const dataDir = join(folder, 'data');
    const where = { mode: 'auto' as const, dataDir, postgresqlUrl: url.href, brokers: [brokers], redisUrl };
    const engines = new Map(
      defineEngines(where).map((engine) => [engine.name, new EngineUnderFire(engine, { dataDir, signal, print })]),
    );
    url.pathname = `/${DATABASE}`;
    const paths: NetworkPath[] = [];
    for (let at = 0; at < CONSUMERS; at += 1) {
      paths.push(new NetworkPath(await FaultProxy.inFrontOf(url.href)));
    }
    const rig = new Rig(options, testEngines, engines, paths, {
      TEST_SERVICE_ENGINES: 'off',
      TEST_SERVICE_DATA_DIR: join(folder, 'none'),
      TEST_SERVICE_LOG_FORMAT: 'json',
      TEST_SERVICE_KAFKA_BROKERS: brokers,
      TEST_SERVICE_KAFKA_TOPIC: TOPIC,
      TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: DEAD_LETTERS,
      TEST_SERVICE_KAFKA_GROUP: 'chaos',
      TEST_SERVICE_POSTGRESQL_URL: url.href,
      TEST_SERVICE_REDIS_URL: redisUrl,
    });
    try {
      const [first] = rig.slots;
      first?.start();
      await until(() => signal.aborted || first?.ready === true, START_LIMIT_MS, 50);
      if (signal.aborted) throw signal.reason;
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }

  /** Where a process of that name logs. */
  logFile(name: string): string {
    return join(this.folder, 'logs', `${name}.log`);
  }

  /** Runs another command of the executable beside the consumers, straight on the engines. */
  run(name: string, args: readonly string[], settings: Record<string, string> = {}): AppProcess {
    const child = new AppProcess({
      args,
      settings: { ...this.#settings, ...settings },
      folder: this.folder,
      logFile: this.logFile(name),
    });
    this.#others.push(child);
    return child;
  }

  /** Starts the consumers that do not run. */
  scaleUp(): void {
    for (const slot of this.slots) slot.start();
  }

  /** Does it, and what undoes it. Resolves when it is over: true when it could be done. */
  async perform({ kind, consumer, forMs, skip }: ChaosEvent): Promise<boolean> {
    const slot = this.slots[consumer];
    const path = this.#paths[consumer];
    if (slot === undefined || path === undefined) throw new Error(`there is no consumer ${consumer + 1}`);
    const cut = (mode: ProxyMode): Promise<boolean> => path.interrupt(mode, forMs);
    const reset = (pattern: string, action: PatternAction): Promise<boolean> => path.resetAt(pattern, action, skip);
    switch (kind) {
      case 'kill consumer':
        return slot.kill(forMs);
      case 'freeze consumer':
        return slot.freeze(forMs);
      case 'freeze consumer in COPY':
        return (await path.passes('copy order_items', skip)) && slot.freeze(forMs);
      case 'scale to one':
        await this.#scale(slot, forMs);
        return true;
      case 'refuse connections':
        return cut('refuse');
      case 'black-hole connections':
        return cut('black-hole');
      case 'reset connections':
        return path.reset();
      case 'reset in COPY':
        // A field of the rows, which stands in no statement in this form.
        return reset(`\t${TOPIC}\t`, 'reset-before');
      case 'reset before COMMIT':
        return reset('COMMIT', 'reset-before');
      case 'reset after COMMIT':
        return reset('COMMIT', 'reset-at-answer');
      case 'kill postgresql':
      case 'kill kafka':
      case 'kill redis':
        await this.#engine(kind).kill(forMs);
        return true;
      default:
        await this.#engine(kind).freeze(forMs);
        return true;
    }
  }

  /** Everything runs and answers, or comes to that by itself. */
  async heal(): Promise<void> {
    for (const engine of this.#engines.values()) engine.thaw();
    for (const slot of this.slots) slot.thaw();
    await Promise.all(this.#paths.map((path) => path.heal()));
    this.scaleUp();
  }

  /** Ends every process, the engines as well; idempotent. */
  async close(): Promise<void> {
    for (const child of this.#others) child.kill();
    await Promise.all(this.slots.map((slot) => slot.close()));
    await Promise.all(this.#others.map((child) => child.exited));
    for (const engine of this.#engines.values()) engine.thaw();
    await Promise.all(this.#paths.map((path) => path.close()));
    await this.#testEngines.close();
  }

  async #scale(stays: ConsumerSlot, forMs: number): Promise<void> {
    await Promise.all(this.slots.filter((slot) => slot !== stays).map((slot) => slot.stop()));
    await pause(forMs, this.#signal);
    if (!this.#signal.aborted) this.scaleUp();
  }

  #engine(kind: string): EngineUnderFire {
    const engine = this.#engines.get(kind.split(' ')[1] as EngineName);
    if (engine === undefined) throw new Error(`${kind}: there is no such engine`);
    return engine;
  }
}
