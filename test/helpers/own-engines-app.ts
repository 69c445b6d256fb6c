import type { EngineName } from '../../src/contract/engine.ts';
import type { EngineActionJson, EngineJson } from '../../src/server/api/engines/schemas.ts';
import { AppPlace } from './app-place.ts';
import { type AppProcess, startApp } from './app-process.ts';
import { seed } from './engine-settings.ts';
import { until } from './until.ts';
import { verifyReport } from './verify-command.ts';

const COLD_START_MS = 120_000;
/** However loaded the machine is, an engine recovers, and the consumer with it, in less. */
const RECOVERY_MS = 60_000;

/** The service on engines of its own, with a small load: to take them away from it over REST. */
export class OwnEnginesApp {
  readonly place: AppPlace;
  readonly app: AppProcess;

  private constructor(place: AppPlace, app: AppProcess) {
    this.place = place;
    this.app = app;
  }

  /** With these settings beside those of its place. Resolves once it serves. */
  static async start(ordersPerSecond: number, settings: Readonly<Record<string, string>> = {}): Promise<OwnEnginesApp> {
    const place = await AppPlace.onOwnEngines();
    await seed(place.engineSettings, ['postgresql', 'kafka']);
    const env = { ...place.env, TEST_SERVICE_PRODUCER_RATE: String(ordersPerSecond), ...settings };
    const app = startApp(['run', '--json'], { env });
    const started = new OwnEnginesApp(place, app);
    await app.untilUp(COLD_START_MS);
    return started;
  }

  async engine(name: EngineName): Promise<EngineJson> {
    const response = await fetch(`${this.place.url}/api/v1/engines`);
    const { engines }: { engines: EngineJson[] } = await response.json();
    const found = engines.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  }

  /** Does it and waits until it is done; gives how the engine is then. @throws when it is refused, or fails */
  async act(name: EngineName, body: EngineActionJson): Promise<EngineJson> {
    const response = await fetch(`${this.place.url}/api/v1/engines/${name}/actions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    await until(async () => (await this.engine(name)).last_action?.took_ms !== null, RECOVERY_MS, 100);
    const engine = await this.engine(name);
    if (engine.last_action?.error) throw new Error(engine.last_action.error);
    return engine;
  }

  /** Resolves once more orders are stored than there were: the pipe flows. */
  async flows(): Promise<void> {
    let before: number | undefined;
    await until(
      async () => {
        const now = await this.place.consumed();
        before ??= now;
        return now > before + 10;
      },
      RECOVERY_MS,
      100,
    );
  }

  /** Stops the generator, and lets `verify` judge every message once the consumer has caught up. */
  async verified(): Promise<{
    readonly messages: number;
    readonly findings: readonly unknown[];
    readonly code: number;
  }> {
    await fetch(`${this.place.url}/api/v1/generator/stop`, { method: 'POST' });
    const { engines, ...place } = this.place;
    const { topic, deadLetterTopic, group } = place;
    const where = {
      topic,
      deadLetterTopic,
      group,
      brokers: [engines.broker],
      databaseUrl: engines.postgresqlUrl,
    };
    const { code, report } = await verifyReport(where, ['--wait', '60'], { TEST_SERVICE_ENGINES: 'off' });
    return { code, messages: report.total.produced, findings: report.findings };
  }
}
