import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SQL } from 'bun';
import { stopEngines } from '../../src/engines/engines.ts';
import type { EngineSettings } from '../../src/engines/types.ts';
import type { Order } from '../../src/order/order.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { databaseUrl } from './database.ts';
import { testEngines } from './engines.ts';
import { freePort, freePorts } from './free-port.ts';
import { endOffsets } from './kcat.ts';
import { createTempDir } from './temp-dir.ts';
import { until } from './until.ts';

export interface Engines {
  readonly postgresqlUrl: string;
  readonly broker: string;
  readonly redisUrl: string;
}

/** Where one copy of the service lives: its settings, and what the outside sees of it. */
export class AppPlace {
  readonly id = randomBytes(5).toString('hex');
  readonly topic = `orders-${this.id}`;
  readonly deadLetterTopic = `dead-${this.id}`;
  readonly group = `group-${this.id}`;
  readonly keyPrefix = `keys-${this.id}`;
  readonly engines: Engines;
  readonly folder: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #cleanup: (place: AppPlace) => Promise<unknown>;
  readonly #removeFolder: () => void;

  private constructor(engines: Engines, port: number, cleanup: (place: AppPlace) => Promise<unknown>) {
    this.engines = engines;
    this.#cleanup = cleanup;
    const { path, remove } = createTempDir('test-app-');
    this.folder = path;
    this.#removeFolder = remove;
    this.url = `http://127.0.0.1:${port}`;
    this.env = {
      TEST_SERVICE_SERVER_PORT: String(port),
      TEST_SERVICE_KAFKA_BROKERS: engines.broker,
      TEST_SERVICE_KAFKA_TOPIC: this.topic,
      TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: this.deadLetterTopic,
      TEST_SERVICE_KAFKA_GROUP: this.group,
      TEST_SERVICE_KAFKA_PARTITIONS: '3',
      TEST_SERVICE_POSTGRESQL_URL: engines.postgresqlUrl,
      TEST_SERVICE_REDIS_URL: engines.redisUrl,
      TEST_SERVICE_CACHE_KEY_PREFIX: this.keyPrefix,
      TEST_SERVICE_CONSUMER_SESSION_TIMEOUT_MS: '6000',
      // Tests count lookups.
      TEST_SERVICE_READER_ENABLED: 'false',
      TEST_SERVICE_DATA_DIR: this.dataDir,
      // So that there are as many messages as orders.
      TEST_SERVICE_PRODUCER_LIFE: 'false',
    };
  }

  /** On the engines of the test run, with a database (not created yet), topics, group and keys of its own. */
  static async onTestEngines(): Promise<AppPlace> {
    const { brokers, redisUrl } = testEngines();
    const database = `app_${randomBytes(6).toString('hex')}`;
    const engines = { postgresqlUrl: databaseUrl(database), broker: brokers[0] ?? '', redisUrl };
    return new AppPlace(engines, await freePort(), () =>
      AppPlace.onServer(`drop database if exists ${database} with (force)`),
    );
  }

  /** On free ports where nothing answers: the service starts engines of its own. */
  static async onOwnEngines(): Promise<AppPlace> {
    const [server = 0, postgresql, kafka, redis] = await freePorts(4);
    const engines = {
      postgresqlUrl: `postgres://owner:s%20cret@127.0.0.1:${postgresql}/orders_here`,
      broker: `127.0.0.1:${kafka}`,
      redisUrl: `redis://127.0.0.1:${redis}/0`,
    };
    return new AppPlace(engines, server, (place) => stopEngines(place.engineSettings, silentLogger));
  }

  /** Rows of a query of the test server's own database. */
  static onServer(text: string): Promise<Record<string, unknown>[]> {
    return query(testEngines().postgresqlUrl, text);
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  get engineSettings(): EngineSettings {
    const { broker, postgresqlUrl, redisUrl } = this.engines;
    return { mode: 'auto', dataDir: this.dataDir, brokers: [broker], postgresqlUrl, redisUrl };
  }

  /** Rows of a query of the service's database. */
  query(text: string): Promise<Record<string, unknown>[]> {
    return query(this.engines.postgresqlUrl, text);
  }

  /** How many orders are stored. */
  async orders(): Promise<number> {
    const [row] = await this.query('select count(*)::int as orders from orders');
    return Number(row?.['orders']);
  }

  /** How many messages PostgreSQL says have been consumed. */
  async consumed(): Promise<number> {
    const [row] = await this.query('select coalesce(sum(next_offset), 0)::int as consumed from consumer_offsets');
    return Number(row?.['consumed']);
  }

  /** How many messages the topic has ever had. */
  async produced(): Promise<number> {
    const ends = await endOffsets(this.engines.broker, this.topic, 3);
    return ends.reduce((sum, end) => sum + end, 0);
  }

  /** The newest orders, as REST lists them. */
  async latest(limit = 1): Promise<{ readonly order_uid: string }[]> {
    const response = await fetch(`${this.url}/api/v1/orders?limit=${limit}`);
    const { orders } = (await response.json()) as { orders: { order_uid: string }[] };
    return orders;
  }

  /** An order by GET. */
  get(uid: string): Promise<Response> {
    return fetch(`${this.url}/api/v1/orders/${encodeURIComponent(uid)}`);
  }

  /** An order by the web client's POST. */
  lookup(uid: string): Promise<Response> {
    const body = JSON.stringify({ order_uid: uid });
    const headers = { 'content-type': 'application/json' };
    return fetch(`${this.url}/api/v1/orders/lookup`, { method: 'POST', headers, body });
  }

  /** Sends an order, again while Kafka does not answer, and waits until this version of it can be read. */
  async store(order: Order): Promise<void> {
    const headers = { 'content-type': 'application/json', prefer: 'wait=30' };
    const body = JSON.stringify(order);
    let offset: unknown;
    await until(
      async () => {
        const answer = await fetch(`${this.url}/api/v1/orders`, { method: 'POST', headers, body });
        if (answer.ok) ({ offset } = await answer.json());
        return answer.ok;
      },
      120_000,
      100,
    );
    const read = async () => (await this.get(order.order_uid)).headers.get('x-order-offset') === String(offset);
    await until(read, 120_000, 100);
  }

  /** Drops its database, or stops its own engines, and removes its folder. */
  async remove(): Promise<void> {
    await this.#cleanup(this);
    this.#removeFolder();
  }
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = new SQL(url, { max: 1 });
  try {
    return [...((await sql.unsafe(text)) as Record<string, unknown>[])];
  } finally {
    await sql.close();
  }
}
