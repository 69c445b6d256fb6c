/**
 * A process that holds engines, to be killed by a test: takes the settings as JSON, prints what it got as one line of
 * JSON, and closes when its standard input ends.
 */
import { ensureEngines } from '../../src/engines/engines.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';

const handle = await ensureEngines(JSON.parse(process.argv[2] ?? ''), { logger: silentLogger, owner: 'run' });
process.stdout.write(`${JSON.stringify(handle.statuses)}\n`);
for await (const _ of process.stdin) {
  // Only the end counts.
}
await handle.close();
