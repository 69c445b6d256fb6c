import type { EngineName } from '../../src/contract/engine.ts';
import type { EngineSettings } from '../../src/engines/types.ts';
import { testEngines } from './engines.ts';
import { freePorts } from './free-port.ts';

/** Settings that name free ports for these engines, where nothing answers yet, and the run's engines for the others. */
export async function settingsWithOwn(own: readonly EngineName[], dataDir: string): Promise<EngineSettings> {
  const [postgresql, kafka, redis] = await freePorts(3);
  const { postgresqlUrl, brokers, redisUrl } = testEngines();
  const owns = (engine: EngineName): boolean => own.includes(engine);
  return {
    mode: 'auto',
    dataDir,
    postgresqlUrl: owns('postgresql')
      ? `postgres://tester:s%20cret@127.0.0.1:${postgresql}/postgres`
      : postgresqlUrl,
    brokers: owns('kafka') ? [`127.0.0.1:${kafka}`] : brokers,
    redisUrl: owns('redis') ? `redis://127.0.0.1:${redis}/0` : redisUrl,
  };
}
