import { KafkaClients } from '../../src/kafka/clients.ts';

/** Addresses of the engines that the test run has started. */
export interface TestEngines {
  /** A superuser's URL of the server; its database is `postgres`. Tests create their own. */
  readonly postgresqlUrl: string;
  readonly brokers: string[];
  readonly kafka: KafkaClients;
  readonly redisUrl: string;
}

/** The engines of this test run. @throws when the tests were not started by `test/run.ts`, which starts them */
export function testEngines(): TestEngines {
  const brokers = variable('TEST_KAFKA_BROKERS').split(',');
  return {
    postgresqlUrl: variable('TEST_POSTGRESQL_URL'),
    brokers,
    kafka: new KafkaClients({ brokers }),
    redisUrl: variable('TEST_REDIS_URL'),
  };
}

function variable(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: run this test with \`make test\` or \`bun test/run.ts PATH\``);
}
