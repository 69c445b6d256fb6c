/**
 * A process that holds engines, to be killed by a test: takes settings, and maybe a pause to begin, as JSON, prints
 * what it got as one line of JSON, and closes when its standard input ends.
 */
import { LocalEngineControl } from '../../src/engines/control/engine-control.ts';
import { ensureEngines } from '../../src/engines/engines.ts';
import type { EngineSettings } from '../../src/engines/types.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import type { EnginePause } from './engines-child-process.ts';

const given: { settings: EngineSettings; pause?: EnginePause } = JSON.parse(process.argv[2] ?? '');
const { settings, pause } = given;
const handle = await ensureEngines(settings, { logger: silentLogger, owner: 'run' });
const control = new LocalEngineControl(settings, silentLogger);
if (pause !== undefined) {
  const accepted = await control.act(pause.engine, { action: 'pause', forMs: pause.forMs });
  if (!accepted.accepted) throw new Error(accepted.why);
  await accepted.done;
}
process.stdout.write(`${JSON.stringify(handle.statuses)}\n`);
for await (const _ of process.stdin) {
  // Only the end counts.
}
await control.close();
await handle.close();
