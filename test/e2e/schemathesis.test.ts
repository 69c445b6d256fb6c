import { afterAll, beforeAll, expect, test } from 'bun:test';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppPlace } from '../helpers/app-place.ts';
import { type AppProcess, killRunning, startApp } from '../helpers/app-process.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, '.cache/python/bin/st');
const SETTINGS = join(ROOT, 'test/schemathesis/schemathesis.toml');
const TIME_LIMIT_MS = 150_000;

let place: AppPlace;
let app: AppProcess;

beforeAll(async () => {
  place = await AppPlace.onTestEngines();
  app = startApp(['run', '--json'], { env: { ...place.env, TEST_SERVICE_LOG_FORMAT: 'json' } });
  await app.untilUp();
});

afterAll(async () => {
  await killRunning();
  await place.remove();
});

test(
  'the running service does what its OpenAPI document says, whatever it is asked',
  async () => {
    if (!existsSync(PROGRAM)) throw new Error('schemathesis is not installed: make setup-test');
    const { code, output } = await schemathesis();
    expect(code === 0 ? '' : output).toBe('');
    expect(output).toMatch(/(\d+) generated, \1 passed/);
    expect(app.stderr).not.toContain('request failed');
  },
  TIME_LIMIT_MS,
);

function schemathesis(): Promise<{ code: number; output: string }> {
  const args = ['--config-file', SETTINGS, 'run', `${place.url}/openapi.json`];
  // A stream of events has no end to wait for; a load of as much as the schema allows must not start; NDJSON is
  // nothing that schemathesis can make up; a redrive that is not read to its end keeps others from redriving; and that the
  // shares of faults may not be more than all together is nothing that a schema can say.
  const streams = [
    '--exclude-operation-id-regex',
    '^live$|[tT]ail|^(start|change)(Generator|Readers)$|^previewFaults$|^sendOrders$|^redriveAllDeadLetters$',
  ];
  const limits = ['--max-examples', '12', '--max-time', '30', '--no-color', '--seed', '1'];
  return new Promise((resolve) => {
    execFile(
      PROGRAM,
      [...args, ...streams, ...limits],
      { cwd: place.folder, timeout: TIME_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, output: stdout + stderr });
      },
    );
  });
}
