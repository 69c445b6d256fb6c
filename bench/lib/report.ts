import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchReport } from './bench.ts';
import { formatTable } from './table.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, '.artifacts/bench');
const KNOBS = ['N', 'ROUNDS', 'RATE', 'SECONDS', 'SOAK_MIN', 'SOAK_RATE', 'OTHER'];

/** Prints the report and leaves it as JSON in .artifacts/bench; the lines for machines come last. */
export function publish(bench: Bench, report: BenchReport): void {
  const machine = describeMachine();
  const { tables, data, lines } = report;
  const knobs = Object.fromEntries(KNOBS.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  mkdirSync(FOLDER, { recursive: true });
  const document = {
    bench: bench.name,
    about: bench.about,
    date: new Date().toISOString(),
    command: [
      'make bench',
      `BENCH=${bench.name}`,
      ...Object.entries(knobs).map(([name, value]) => `${name}=${value}`),
    ].join(' '),
    machine,
    lines,
    ...data,
  };
  writeFileSync(join(FOLDER, `${bench.name}.json`), `${JSON.stringify(document, undefined, 2)}\n`);
  console.log(`\n${bench.name}: ${bench.about}`);
  console.log(
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, Bun ${machine.bun}, commit ${machine.commit}`,
  );
  for (const table of tables) console.log(`\n${formatTable(table)}`);
  console.log('');
  for (const line of lines) console.log(line);
}

function describeMachine() {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    bun: Bun.version,
    commit: commit(),
  };
}

/** The commit that was measured; marked when the work tree differs from it. */
function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'migrations');
    return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' and changes'}`;
  } catch {
    return 'unknown';
  }
}
