import { afterAll, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAlive, killRunning, startProgram } from '../helpers/app-process.ts';
import { until } from '../helpers/until.ts';

const RUN = join(import.meta.dirname, '../run.ts');
const HANGING = join(import.meta.dirname, '../helpers/interrupted-run.ts');

afterAll(killRunning);

/** The pids of the run's own engines, and of its tests'. */
function enginesIn(folder: string): number[] {
  const records = ['data/run/*.json', 'tmp/*/data/run/*.json'].flatMap((pattern) => [
    ...new Bun.Glob(pattern).scanSync({ cwd: folder, absolute: true }),
  ]);
  return records.map((file) => Number(JSON.parse(readFileSync(file, 'utf8')).process.pid));
}

/** Command lines that name the folder. */
function commandsWith(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes(folder) ? [command] : [];
    } catch {
      return [];
    }
  });
}

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test.concurrent(`a test run ended by ${signal} to its group leaves no engine, no process and no folder`, async () => {
    const run = startProgram([process.execPath, RUN, HANGING], { group: true });
    await until(() => run.stdout.includes('hanging in '), 180_000);
    const folder = dirname(/hanging in (\S+)/.exec(run.stdout)?.[1] ?? '');
    const engines = enginesIn(folder);
    expect(engines.map(isAlive)).toEqual([true, true, true, true]);
    run.killGroup(signal);
    await until(() => !existsSync(folder) && commandsWith(folder).length === 0, 60_000);
    expect(engines.filter(isAlive)).toEqual([]);
    expect((await run.exited).code).toBe(signal === 'SIGTERM' ? 1 : null);
  });
}
