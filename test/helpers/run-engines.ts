import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ensureEngines } from '../../src/engines/engines.ts';
import { identify, identifySelf } from '../../src/engines/processes.ts';
import type { EngineSettings } from '../../src/engines/types.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { freePorts } from './free-port.ts';
import { sweepRun } from './run-sweep.ts';

const OWNER_FILE = 'owner.json';
const LEFTOVER_PATTERN = /^test-service-tests-/;

export interface TestRunEngines {
  /** What the tests find the engines by. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

/** Starts all three engines on free ports, with their data in the folder. */
export async function startTestEngines(
  folder: string,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<TestRunEngines> {
  writeFileSync(join(folder, OWNER_FILE), JSON.stringify(identifySelf()));
  const settings = await settingsFor(folder);
  const logger = createLogger({ level: 'warn', format: 'pretty' });
  const onProgress = ({ engine, step }: { engine: string; step: string }) => print(`${engine}: ${step}`);
  const handle = await ensureEngines(settings, { logger, owner: 'run', onProgress, signal });
  const environment = {
    TEST_POSTGRESQL_URL: settings.postgresqlUrl,
    TEST_KAFKA_BROKERS: settings.brokers.join(','),
    TEST_REDIS_URL: settings.redisUrl,
  };
  return { environment, close: handle.close };
}

/** Stops and removes what earlier test runs left behind when they were killed. `ownFolder` stays. */
export async function sweepLeftovers(ownFolder: string): Promise<void> {
  const parent = dirname(ownFolder);
  const names = readdirSync(parent).filter((name) => LEFTOVER_PATTERN.test(name) && name !== basename(ownFolder));
  for (const name of names) {
    const folder = join(parent, name);
    if (!isAbandoned(join(folder, OWNER_FILE))) continue;
    await sweepRun(folder);
  }
}

async function settingsFor(folder: string): Promise<EngineSettings> {
  const [postgresql, kafka, redis] = await freePorts(3);
  return {
    mode: 'auto',
    dataDir: join(folder, 'data'),
    postgresqlUrl: `postgres://test_service:test_service@127.0.0.1:${postgresql}/postgres`,
    brokers: [`127.0.0.1:${kafka}`],
    redisUrl: `redis://127.0.0.1:${redis}/0`,
  };
}

/** A folder without the file is one that is just being made. */
function isAbandoned(ownerFile: string): boolean {
  if (!existsSync(ownerFile)) return false;
  const owner: unknown = JSON.parse(readFileSync(ownerFile, 'utf8'));
  if (typeof owner !== 'object' || owner === null || !('pid' in owner) || !('startedAt' in owner)) return true;
  return identify(Number(owner.pid))?.startedAt !== owner.startedAt;
}
