import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireLock } from './file-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'test-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('one holder at a time; the next gets it when it is released', async () => {
  const path = join(folder, 'deep/a.lock');
  const release = await acquireLock(path);
  expect(release).toBeFunction();
  expect(await acquireLock(path, { timeoutMs: 80 })).toBeUndefined();
  let waited = 0;
  const next = acquireLock(path, { onWait: () => (waited += 1) });
  await Bun.sleep(120);
  release?.();
  (await next)?.();
  expect(waited).toBe(1);
});

test('a wait ends when the signal aborts', async () => {
  const path = join(folder, 'b.lock');
  const release = await acquireLock(path);
  await expect(acquireLock(path, { signal: AbortSignal.timeout(60) })).rejects.toThrow();
  release?.();
});

test('a killed holder frees it', async () => {
  const path = join(folder, 'c.lock');
  const script = `const { acquireLock } = await import(${JSON.stringify(join(import.meta.dir, 'file-lock.ts'))});
    await acquireLock(${JSON.stringify(path)}); console.log('held'); await Bun.sleep(60_000);`;
  const holder = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' });
  await holder.stdout.getReader().read();
  expect(await acquireLock(path, { timeoutMs: 10 })).toBeUndefined();
  holder.kill('SIGKILL');
  const release = await acquireLock(path, { timeoutMs: 5_000 });
  expect(release).toBeFunction();
  release?.();
});
