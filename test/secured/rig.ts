import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL } from 'bun';
import { loadConfig } from '../../src/cmd/app/config.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { CertificateAuthority } from '../helpers/certificates.ts';
import { freePort } from '../helpers/free-port.ts';
import { KAFKA_USER, KafkaCluster } from '../helpers/kafka-cluster.ts';
import { PgbouncerProcess } from '../helpers/pgbouncer-process.ts';
import { PostgresqlProcess } from '../helpers/postgresql-process.ts';
import { RedisSentinels } from '../helpers/redis-sentinels.ts';
import { until } from '../helpers/until.ts';

const TOKEN = 'a-token-that-is-long-enough';
const DATABASE = 'secured';
/** For the rig's own sessions; the service's are checked. */
const UNCHECKED = { rejectUnauthorized: false };

/**
 * Secured engines of their own: three Kafka nodes with SASL over TLS, PostgreSQL behind a PgBouncer that keeps no
 * prepared statements, TLS on both sides of it, and a Redis over TLS that Sentinels watch over.
 */
export class SecuredRig {
  readonly kafka: KafkaCluster;
  readonly postgresql: PostgresqlProcess;
  readonly pgbouncer: PgbouncerProcess;
  readonly redis: RedisSentinels;
  /** Settings of the service; every secret is in a file. */
  readonly env: Readonly<Record<string, string>>;
  /** Where `serve` answers. */
  readonly url: string;
  readonly #sql: SQL;

  private constructor(
    engines: Pick<SecuredRig, 'kafka' | 'postgresql' | 'pgbouncer' | 'redis'>,
    env: Readonly<Record<string, string>>,
  ) {
    ({ kafka: this.kafka, postgresql: this.postgresql, pgbouncer: this.pgbouncer, redis: this.redis } = engines);
    this.env = env;
    this.url = `http://127.0.0.1:${env['TEST_SERVICE_SERVER_PORT']}`;
    this.#sql = new SQL(new URL(`/${DATABASE}`, this.postgresql.url).href, { max: 1, tls: UNCHECKED });
  }

  /** In the folder, which every user may enter: PgBouncer is not run by root. */
  static async start(folder: string): Promise<SecuredRig> {
    const authority = new CertificateAuthority(join(folder, 'certificates'));
    const certificate = authority.issue('postgresql');
    const [kafka, redis, [postgresql, pgbouncer]] = await Promise.all([
      KafkaCluster.start(join(folder, 'kafka'), authority),
      RedisSentinels.start(),
      PostgresqlProcess.start({ certificate, hba: ['hostnossl all all all reject'] }).then(async (server) => {
        await createDatabase(server.url);
        return [server, await PgbouncerProcess.inFrontOf(server.url, tlsOfPgbouncer(folder, authority))] as const;
      }),
    ]);
    const secrets = join(folder, 'secrets');
    mkdirSync(secrets);
    const secret = (name: string, text: string): string => {
      const file = join(secrets, name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    };
    const { password, port, username } = new URL(pgbouncer.urlOf(postgresql.url));
    const redisUrl = redis.urlBy();
    const [, redisPassword = ''] = /:([^:@/]+)@/.exec(redisUrl) ?? [];
    const env = {
      TEST_SERVICE_ENGINES: 'off',
      TEST_SERVICE_KAFKA_BROKERS: kafka.brokers.join(','),
      TEST_SERVICE_KAFKA_REPLICATION_FACTOR: '3',
      TEST_SERVICE_KAFKA_TLS_ENABLED: 'true',
      TEST_SERVICE_KAFKA_TLS_CA: authority.certificate,
      TEST_SERVICE_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      TEST_SERVICE_KAFKA_SASL_USERNAME: KAFKA_USER.username,
      TEST_SERVICE_KAFKA_SASL_PASSWORD_FILE: secret('kafka', KAFKA_USER.password),
      TEST_SERVICE_POSTGRESQL_URL: `postgres://${username}@localhost:${port}/${DATABASE}?sslmode=verify-full`,
      TEST_SERVICE_POSTGRESQL_PASSWORD_FILE: secret('postgresql', decodeURIComponent(password)),
      TEST_SERVICE_POSTGRESQL_TLS_CA: authority.certificate,
      TEST_SERVICE_POSTGRESQL_PREPARE: 'false',
      TEST_SERVICE_REDIS_URL: redisUrl.replace(`:${redisPassword}@`, '@'),
      TEST_SERVICE_REDIS_PASSWORD_FILE: secret('redis', redisPassword),
      TEST_SERVICE_REDIS_TLS_CA: redis.authority.certificate,
      TEST_SERVICE_SERVER_PORT: String(await freePort()),
      TEST_SERVICE_SERVER_TOKEN_FILE: secret('token', TOKEN),
      TEST_SERVICE_LOG_FORMAT: 'json',
    };
    return new SecuredRig({ kafka, postgresql, pgbouncer, redis }, env);
  }

  /** How Kafka is reached, by the service's settings. */
  get kafkaClients(): KafkaClients {
    return new KafkaClients(loadConfig({ cwd: '/', env: this.env }).kafka);
  }

  /** How many messages PostgreSQL says have been consumed. */
  async consumed(): Promise<number> {
    const [row] = await this.#sql`select coalesce(sum(next_offset), 0)::int as consumed from consumer_offsets`;
    return Number(row.consumed);
  }

  /** Resolves when so many have been consumed; meanwhile PostgreSQL may be away. */
  async untilConsumed(count: number): Promise<void> {
    await until(async () => (await this.consumed()) >= count, 600_000, 200);
  }

  /** Status of a lookup of the newest order; 204 while there is none. */
  async lookup(): Promise<number> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const list = await fetch(`${this.url}/api/v1/orders?limit=1`, { headers });
    if (!list.ok) return list.status;
    const { orders } = (await list.json()) as { readonly orders: readonly { readonly order_uid: string }[] };
    const [newest] = orders;
    return newest === undefined
      ? 204
      : (await fetch(`${this.url}/api/v1/orders/${newest.order_uid}`, { headers })).status;
  }

  /** Kills every engine. */
  async close(): Promise<void> {
    await this.#sql.close();
    await Promise.all([this.kafka, this.postgresql, this.pgbouncer, this.redis].map((one) => one.close()));
  }
}

async function createDatabase(url: string): Promise<void> {
  const sql = new SQL(url, { max: 1, tls: UNCHECKED });
  await sql.unsafe(`create database ${DATABASE}`);
  await sql.close();
}

/** Settings of PgBouncer, which reads its files as another user. */
function tlsOfPgbouncer(folder: string, authority: CertificateAuthority): string[] {
  const own = join(folder, 'pgbouncer');
  mkdirSync(own);
  const { certificate, key } = authority.issue('pgbouncer');
  const place = (file: string, name: string): string => {
    const to = join(own, name);
    cpSync(file, to);
    chmodSync(to, 0o644);
    return to;
  };
  const ca = place(authority.certificate, 'ca.pem');
  return [
    'client_tls_sslmode = require',
    `client_tls_cert_file = ${place(certificate, 'own.pem')}`,
    `client_tls_key_file = ${place(key, 'own.key')}`,
    'server_tls_sslmode = verify-full',
    `server_tls_ca_file = ${ca}`,
  ];
}
