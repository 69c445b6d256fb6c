import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineName } from '../../src/contract/engine.ts';
import { recordPath } from '../../src/engines/data-folder.ts';
import { readRecord } from '../../src/engines/record.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import { migrateUp } from '../../src/storage/postgresql/migrate.ts';
import { startTestEngines, sweepLeftovers, type TestRunEngines } from '../../test/helpers/run-engines.ts';
import { watchOver } from '../../test/helpers/run-sweep.ts';
import { createTempDir } from '../../test/helpers/temp-dir.ts';
import type { BenchContext } from './bench.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
/** What the sweep of the tests looks for, too: engines of a bench that was killed do not stay for ever. */
const FOLDER = 'test-service-tests-bench-';

/** Engines of one bench's own, with the settings of every local engine of this service. */
export interface BenchEngines {
  readonly brokers: string[];
  readonly kafkaClients: KafkaClients;
  /** The database with the service's schema; its user is a superuser. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** A folder for whatever the bench needs, removed at the end. */
  readonly folder: string;
  readonly pids: Readonly<Record<EngineName, number>>;
  readonly versions: Readonly<Record<EngineName, string>>;
}

/** Starts all three on free ports with their data in a temporary folder; they go when the bench ends. */
export async function startEngines({ resources, signal, say }: BenchContext): Promise<BenchEngines> {
  const folder = createTempDir(FOLDER).path;
  const sweep = watchOver(folder);
  let engines: TestRunEngines | undefined;
  resources.defer('engines', 'engines', async () => {
    await engines?.close();
    await sweep();
  });
  await sweepLeftovers(folder);
  say('starting engines');
  engines = await startTestEngines(folder, signal, say);
  const { TEST_POSTGRESQL_URL = '', TEST_KAFKA_BROKERS = '', TEST_REDIS_URL = '' } = engines.environment;
  const database = new URL(TEST_POSTGRESQL_URL);
  database.pathname = '/bench';
  await migrateUp({ url: database.href, folder: MIGRATIONS, connectTimeoutMs: 5_000 });
  const record = (engine: EngineName) => {
    const found = readRecord(recordPath(join(folder, 'data'), engine));
    if (found === undefined) throw new Error(`${engine} does not run`);
    return { pid: found.process.pid, version: found.version };
  };
  const [postgresql, kafka, redis] = [record('postgresql'), record('kafka'), record('redis')];
  const brokers = TEST_KAFKA_BROKERS.split(',');
  return {
    brokers,
    kafkaClients: new KafkaClients({ brokers }),
    databaseUrl: database.href,
    redisUrl: TEST_REDIS_URL,
    folder,
    pids: { postgresql: postgresql.pid, kafka: kafka.pid, redis: redis.pid },
    versions: { postgresql: postgresql.version, kafka: kafka.version, redis: redis.version },
  };
}
