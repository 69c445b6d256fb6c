import { spawnSync } from 'node:child_process';
import type { EngineName } from '../../src/contract/engine.ts';
import { engineFolder, privateFolder } from '../../src/engines/data-folder.ts';
import { defineEngines } from '../../src/engines/engines.ts';
import type { EngineDefinition, EngineSettings } from '../../src/engines/types.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { testEngines } from './engines.ts';
import { freePorts } from './free-port.ts';
import { createTempDir } from './temp-dir.ts';

/** Settings that name free ports for these engines, where nothing answers yet, and the run's engines for the others. */
export async function settingsWithOwn(own: readonly EngineName[], dataDir: string): Promise<EngineSettings> {
  const [postgresql, kafka, redis] = await freePorts(3);
  const { postgresqlUrl, brokers, redisUrl } = testEngines();
  const owns = (engine: EngineName): boolean => own.includes(engine);
  return {
    mode: 'auto',
    dataDir,
    postgresqlUrl: owns('postgresql') ? `postgres://owner:s%20cret@127.0.0.1:${postgresql}/postgres` : postgresqlUrl,
    brokers: owns('kafka') ? [`127.0.0.1:${kafka}`] : brokers,
    redisUrl: owns('redis') ? `redis://127.0.0.1:${redis}/0` : redisUrl,
  };
}

/**
 * The same with the data of these engines as after a first start: initdb and Kafka's format take seconds of CPU, so
 * they run once in this process, and their result is copied. For tests that are not about a first start.
 */
export async function settingsWithSeeded(own: readonly EngineName[], dataDir: string): Promise<EngineSettings> {
  const settings = await settingsWithOwn(own, dataDir);
  await seed(settings, own);
  return settings;
}

/** Puts the data of a first start into the data folder; PostgreSQL's user is `owner`, with the password `s cret`. */
export async function seed(settings: EngineSettings, own: readonly EngineName[]): Promise<void> {
  privateFolder(settings.dataDir);
  for (const engine of defineEngines(settings))
    if (own.includes(engine.name)) await seedFolder(engine, engineFolder(settings.dataDir, engine.name));
}

/** Puts the data of a first start into the engine's own folder. */
export async function seedFolder(engine: EngineDefinition, folder: string): Promise<void> {
  if (engine.name === 'redis') return;
  const template = templates.get(engine.name) ?? prepare(engine);
  templates.set(engine.name, template);
  // The files keep their owner, who is another user when root runs PostgreSQL.
  const { status, stderr } = spawnSync('cp', ['-aT', await template, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the data of ${engine.name} could not be copied: ${stderr}`);
}

const templates = new Map<EngineName, Promise<string>>();

async function prepare({ name, addresses, prepare }: EngineDefinition): Promise<string> {
  const [address] = addresses;
  if (address === undefined) throw new Error(`no address of ${name}`);
  const folder = createTempDir('test-seed-').path;
  await prepare({
    address,
    folder,
    step: () => {},
    signal: new AbortController().signal,
    logger: silentLogger,
  });
  return folder;
}
