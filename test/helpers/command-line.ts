import { join } from 'node:path';
import type { ConsumerPlace } from './compose-consumer.ts';
import { testEngines } from './engines.ts';

const MAIN = join(import.meta.dirname, '../../src/cmd/app/main.ts');

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Settings by which the executable works where the test does. */
export function commandEnvironment(place: ConsumerPlace): Record<string, string> {
  return {
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_LOG_LEVEL: 'error',
    TEST_SERVICE_KAFKA_BROKERS: place.brokers.join(','),
    TEST_SERVICE_KAFKA_TOPIC: place.topic,
    TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: place.deadLetterTopic,
    TEST_SERVICE_KAFKA_GROUP: place.group,
    TEST_SERVICE_POSTGRESQL_URL: place.databaseUrl,
    TEST_SERVICE_REDIS_URL: testEngines().redisUrl,
  };
}

/** Starts the executable in the test's place. */
export function startCommand(place: ConsumerPlace, args: readonly string[]) {
  return Bun.spawn([process.execPath, MAIN, ...args], {
    env: { ...process.env, ...commandEnvironment(place) },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

/** Runs the executable in the test's place to its end. */
export async function runCommand(place: ConsumerPlace, args: readonly string[]): Promise<CommandResult> {
  const child = startCommand(place, args);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}
