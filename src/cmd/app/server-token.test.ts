import { expect, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTempDir } from '../../../test/helpers/temp-dir.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { loadConfig } from './config.ts';
import { serverToken } from './server-token.ts';

const TOKEN = 'a-token-to-be-kept-secret';
const { server } = loadConfig({ cwd: '/nonexistent', env: {} });
const strangers = { ...server, host: '0.0.0.0' };

test('behind a trusted proxy the loopback is no protection', () => {
  expect(refusal({ ...server, token: '', trustedProxies: ['127.0.0.1'] })).toContain('server.trustedProxies');
});

function refusal(settings: typeof server): string {
  try {
    serverToken(settings);
  } catch (error) {
    return String(error);
  }
  throw new Error('it was not refused');
}

test('none is needed on the loopback, a good one anywhere else', () => {
  expect(serverToken(server)).toBe('');
  expect(serverToken({ ...strangers, token: TOKEN })).toBe(TOKEN);
  expect(refusal(strangers)).toContain('TEST_SERVICE_SERVER_TOKEN');
  expect(refusal({ ...strangers, token: 'short' })).toContain('at least 16');
});

test('it can stand in a file, which is never shown', () => {
  const { path, remove } = createTempDir('token-');
  const tokenFile = join(path, 'token');
  writeFileSync(tokenFile, `${TOKEN}\n`);
  expect(serverToken({ ...strangers, tokenFile })).toBe(TOKEN);
  expect(refusal({ ...strangers, tokenFile, token: TOKEN })).toContain('both set');
  writeFileSync(tokenFile, `${TOKEN} and more`);
  expect(refusal({ ...strangers, tokenFile })).toContain('one token');
  expect(refusal({ ...strangers, tokenFile })).not.toContain(TOKEN);
  remove();
  expect(refusal({ ...strangers, tokenFile })).toContain("can't read server.tokenFile");
});

test('a file with it that others can read is warned of', () => {
  const { path, remove } = createTempDir('token-');
  const tokenFile = join(path, 'token');
  writeFileSync(tokenFile, TOKEN);
  const warnings: [object, string][] = [];
  const logger = { ...silentLogger, warn: (...warning: [object, string]) => warnings.push(warning) };
  for (const mode of [0o600, 0o640]) {
    chmodSync(tokenFile, mode);
    serverToken({ ...server, tokenFile }, logger);
  }
  expect(warnings).toEqual([]);
  chmodSync(tokenFile, 0o644);
  serverToken({ ...server, tokenFile }, logger);
  expect(warnings).toEqual([[{ file: tokenFile }, expect.stringContaining('chmod 600')]]);
  remove();
});
