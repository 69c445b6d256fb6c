/** Not part of the suite: `test/integration/test-run.test.ts` interrupts it. It starts an engine and never ends. */
import { test } from 'bun:test';
import { join } from 'node:path';
import { ensureEngines } from '../../src/engines/engines.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { settingsWithOwn } from './engine-settings.ts';
import { createTempDir } from './temp-dir.ts';

test('hangs with an engine of its own', async () => {
  const { path } = createTempDir('test-hanging-');
  const settings = await settingsWithOwn(['redis'], join(path, 'data'));
  await ensureEngines(settings, { logger: silentLogger, owner: 'up' });
  process.stdout.write(`hanging in ${process.env['TMPDIR']}\n`);
  await Promise.withResolvers().promise;
});
