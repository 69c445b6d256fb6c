import { freePort } from '../../test/helpers/free-port.ts';
import type { BenchContext } from './bench.ts';
import { type AppSettings, Child } from './child.ts';
import type { BenchEngines } from './engines.ts';

export interface RunningService {
  readonly url: string;
  readonly child: Child;
}

/** The service with a REST server, on a free port: `serve`, or `run` for all roles. Resolves once it serves. */
export async function startService(
  engines: BenchEngines,
  settings: AppSettings,
  { resources }: BenchContext,
  command: 'serve' | 'run' = 'serve',
): Promise<RunningService> {
  const alone = command === 'run' ? { 'reader.enabled': false } : {};
  const all = { ...alone, ...settings, 'server.port': await freePort() };
  const child = Child.app(engines, [command, '--json'], all, resources);
  const { url }: { url: string } = JSON.parse(await child.line());
  return { url, child };
}
