/**
 * Runs the tests on engines of their own: `bun test/run.ts [--check] [PATH or option of bun test …]`.
 * `--check` runs `make check` first and counts it as a test. The last line is always `N passed, N failed`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../src/lib/app-error.ts';
import { startTestEngines, sweepLeftovers, type TestRunEngines } from './helpers/run-engines.ts';
import { add, type RunSummary, summarize } from './helpers/run-summary.ts';
import { watchOver } from './helpers/run-sweep.ts';
import { createTempDir } from './helpers/temp-dir.ts';

const ROOT = join(import.meta.dirname, '..');
/** For a test that names none: what hangs ends, and what a busy machine does slowly goes on. */
const TIME_LIMIT = '--timeout=300000';
const EVERYTHING = ['./src', './test'];

const interruption = new AbortController();
let child: ChildProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interruption.abort(new Error(`interrupted by ${signal}`));
    child?.kill('SIGTERM');
  });
}

const [checkFirst, args] = parseArguments(process.argv.slice(2));
let summary: RunSummary = { passed: 0, failed: 0, skipped: 0 };
if (checkFirst) summary = add(summary, await check());
summary = add(summary, await runTests(args));
if (summary.skipped > 0) print(`${summary.skipped} skipped`);
print(`${summary.passed} passed, ${summary.failed} failed`);
process.exit(summary.failed > 0 ? 1 : 0);

function parseArguments(given: string[]): [boolean, string[]] {
  const rest = given.filter((argument) => argument !== '--check');
  const hasPaths = rest.some((argument) => !argument.startsWith('-'));
  return [rest.length < given.length, hasPaths ? rest : [...rest, ...EVERYTHING]];
}

async function check(): Promise<RunSummary> {
  const code = await run('make', ['--no-print-directory', 'check'], process.env);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function runTests(patterns: string[]): Promise<RunSummary> {
  const folder = createTempDir('test-service-tests-').path;
  const sweep = watchOver(folder);
  let engines: TestRunEngines | undefined;
  try {
    await sweepLeftovers(folder);
    engines = await startTestEngines(folder, interruption.signal, print);
    const report = join(folder, 'junit.xml');
    const reporter = ['--reporter=junit', `--reporter-outfile=${report}`];
    const code = await run(process.execPath, ['test', TIME_LIMIT, ...reporter, ...patterns], {
      ...withoutSettings(process.env),
      ...engines.environment,
    });
    return summarize(existsSync(report) ? readFileSync(report, 'utf8') : undefined, code);
  } catch (error) {
    print(`the tests could not be run: ${messageOf(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    await engines?.close();
    await sweep();
  }
}

/** Exit code of the command; one that was interrupted, or ended by a signal, has failed. */
async function run(command: string, commandArgs: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (interruption.signal.aborted) return 1;
  child = spawn(command, commandArgs, { cwd: ROOT, env, stdio: 'inherit' });
  const [code] = await once(child, 'close');
  return interruption.signal.aborted ? 1 : Number(code ?? 1);
}

/** The tests must not depend on how the service is configured in the shell that runs them. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEST_SERVICE_')));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
