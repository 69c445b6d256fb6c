import { join } from 'node:path';
import type { VerifyReport } from '../../src/contract/verification.ts';
import type { ConsumerPlace } from './compose-consumer.ts';

const MAIN = join(import.meta.dirname, '../../src/cmd/app/main.ts');

/** Settings, as environment variables, that differ from those of the place. */
export type Settings = Readonly<Record<string, string>>;

export interface VerifyAnswer {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs the executable's `verify` on a place's topic, group and database. */
export async function runVerify(
  place: ConsumerPlace,
  args: readonly string[] = [],
  settings: Settings = {},
): Promise<VerifyAnswer> {
  const child = Bun.spawn([process.execPath, MAIN, 'verify', ...args], {
    env: {
      ...process.env,
      TEST_SERVICE_KAFKA_BROKERS: place.brokers.join(','),
      TEST_SERVICE_KAFKA_TOPIC: place.topic,
      TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: place.deadLetterTopic,
      TEST_SERVICE_KAFKA_GROUP: place.group,
      TEST_SERVICE_POSTGRESQL_URL: place.databaseUrl,
      ...settings,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, output, errors };
}

/** What `verify --json` says, and how often it found what. @throws when it gives no report */
export async function verifyReport(
  place: ConsumerPlace,
  args: readonly string[] = [],
  settings: Settings = {},
): Promise<{ code: number; report: VerifyReport; found: Readonly<Record<string, number>> }> {
  const { code, output, errors } = await runVerify(place, ['--json', ...args], settings);
  if (output === '') throw new Error(errors);
  const report: VerifyReport = JSON.parse(output);
  const found = Object.fromEntries(report.findings.map(({ kind, count }) => [kind, count]));
  return { code, report, found };
}
