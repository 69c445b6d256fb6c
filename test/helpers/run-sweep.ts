import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.ts';

const WATCH = join(import.meta.dirname, 'run-watch.ts');

/**
 * Sees to it that nothing is left of a run: the function sweeps up, and a process of its own does when this one is
 * killed. From here on temporary files are made in the run's folder, by which its processes are known.
 */
export function watchOver(runFolder: string): () => Promise<void> {
  const watch = spawn(process.execPath, [WATCH, runFolder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(watch, 'exit');
  const before = process.env['TMPDIR'];
  const temporary = join(runFolder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  process.env['TMPDIR'] = temporary;
  return async () => {
    watch.stdin?.end();
    await ended;
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  };
}

/** Kills whatever a test run has started and left, engines and browsers included, and removes its folder. */
export async function sweepRun(runFolder: string): Promise<void> {
  await until(() => {
    const left = processesOf(runFolder);
    for (const pid of left) kill(pid);
    return left.length === 0;
  });
  rmSync(runFolder, { recursive: true, force: true });
}

/** Those that have the run's folder for their temporary files, work in it, or have it open as engines do. */
function processesOf(runFolder: string): number[] {
  const here = (path: string): boolean => path.startsWith(`${runFolder}/`);
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid) || pid === process.pid) return false;
      const at = `/proc/${pid}`;
      if (/^\d+ \(.*\) [ZX]/s.test(read(() => readFileSync(`${at}/stat`, 'utf8')))) return false;
      const variables = read(() => readFileSync(`${at}/environ`, 'utf8')).split('\0');
      return (
        variables.some((one) => one.startsWith('TMPDIR=') && here(one.slice('TMPDIR='.length))) ||
        here(read(() => readlinkSync(`${at}/cwd`))) ||
        here(read(() => readlinkSync(`${at}/fd/3`)))
      );
    });
}

function kill(pid: number): void {
  read(() => String(process.kill(pid, 'SIGKILL')));
}

/** Processes end while they are looked at, and some are not ours to look at. */
function read(action: () => string): string {
  try {
    return action();
  } catch {
    return '';
  }
}
