import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { environmentName, loadConfig, redactConfig, redactUrl, settings, toEnvironment } from './config.ts';

const defaults = loadConfig({ cwd: '/nonexistent', env: {} });

function problemsOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return messageOf(error);
  }
  throw new Error('no problem was found');
}

function withFile<T>(text: string, work: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'config-test-'));
  try {
    const file = join(folder, 'settings.yaml');
    writeFileSync(file, text);
    return work(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('config.yaml', () => {
  test('holds every key with its default, and none besides', () => {
    const file: typeof defaults = parse(readFileSync('config.yaml', 'utf8'));
    // What is empty follows from other settings.
    expect(file.kafka.group).toBe('');
    file.kafka.group = defaults.kafka.group;
    expect(file).toEqual(defaults);
  });

  test('says something about every key', () => {
    const lines = readFileSync('config.yaml', 'utf8').split('\n');
    for (const { path } of settings()) {
      const key = path.at(-1) ?? '';
      const at = lines.findIndex((line) => line.trim().startsWith(`${key}:`));
      const described = [at - 1, at - 2].some((above) => lines[above]?.trim().startsWith('#'));
      expect({ key, described }).toEqual({ key, described: true });
    }
  });
});

describe('environment', () => {
  test('names follow section and key', () => {
    expect(environmentName(['kafka', 'deadLetterTopic'])).toBe('TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC');
    expect(environmentName(['dataDir'])).toBe('TEST_SERVICE_DATA_DIR');
  });

  test('wins over the file, and lists are comma-separated', () => {
    const config = withFile('server: { port: 9000, host: 0.0.0.0 }', (file) =>
      loadConfig({ file, env: { TEST_SERVICE_SERVER_PORT: '9001', TEST_SERVICE_KAFKA_BROKERS: 'a:1, b:2' } }),
    );
    expect(config.server).toMatchObject({ host: '0.0.0.0', port: 9001 });
    expect(config.kafka.brokers).toEqual(['a:1', 'b:2']);
  });

  test('sets every key', () => {
    for (const { path, schema } of settings()) {
      const name = environmentName(path);
      const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], defaults);
      const text = Array.isArray(value) ? value.join(',') : String(value);
      expect(loadConfig({ cwd: '/nonexistent', env: { [name]: text } })).toEqual(defaults);
      expect(schema['description']).toBeString();
    }
  });
});

describe('problems', () => {
  test('are all reported at once, with path, value and what is allowed', () => {
    const message = withFile('server: { port: 0 }\nkafka: { topik: x }\nlog: { level: loud }', (file) =>
      problemsOf(() =>
        loadConfig({ file, env: { TEST_SERVICE_PRODUCER_RATE: 'fast', TEST_SERVICE_SERVR_PORT: '1' } }),
      ),
    );
    expect(message).toContain('5 problem(s)');
    expect(message).toContain('server.port is 0; allowed: integer from 1 to 65535');
    expect(message).toContain('kafka.topik is no setting; did you mean kafka.topic?');
    expect(message).toContain('log.level is "loud"; allowed: error | warn | info | debug | silent');
    expect(message).toContain('producer.rate is "fast" (from TEST_SERVICE_PRODUCER_RATE)');
    expect(message).toContain(
      'TEST_SERVICE_SERVR_PORT is no setting; did you mean TEST_SERVICE_SERVER_PORT?',
    );
  });

  test('in the YAML itself are reported with the line', () => {
    const message = withFile('server:\n  port: 1\n  port: 2\n', (file) =>
      problemsOf(() => loadConfig({ file, env: {} })),
    );
    expect(message).toContain('unique');
  });

  test('a named file that is not there is one', () => {
    expect(problemsOf(() => loadConfig({ file: '/nonexistent.yaml', env: {} }))).toContain(
      '/nonexistent.yaml',
    );
  });

  test('never show a password', () => {
    const message = problemsOf(() =>
      loadConfig({ cwd: '/nonexistent', env: { TEST_SERVICE_POSTGRESQL_URL: 'mysql://u:secret@h/d' } }),
    );
    expect(message).toContain('postgresql.url');
    expect(message).not.toContain('secret');
  });
});

test('the group follows the topic, unless it is named', () => {
  const groupOf = (env: Record<string, string>) => loadConfig({ cwd: '/nonexistent', env }).kafka.group;
  expect(groupOf({})).toBe('test-service');
  expect(groupOf({ TEST_SERVICE_KAFKA_TOPIC: 'returns' })).toBe('test-service.returns');
  expect(groupOf({ TEST_SERVICE_KAFKA_TOPIC: 'returns', TEST_SERVICE_KAFKA_GROUP: 'mine' })).toBe('mine');
});

test('an empty key means its default', () => {
  expect(withFile('producer:\n  rate:\n', (file) => loadConfig({ file, env: {} }))).toEqual(defaults);
});

test('passwords are hidden when settings are shown', () => {
  const config = structuredClone(defaults);
  config.redis.url = 'redis://:secret@127.0.0.1:6379/0,redis://u:secret@b:6380';
  expect(JSON.stringify(redactConfig(config))).not.toContain('secret@');
  expect(redactUrl('postgres://u:p%40ss@h:5432/d?sslpassword=x')).toBe(
    'postgres://u:***@h:5432/d?sslpassword=***',
  );
});

test('as environment variables they are the same settings', () => {
  const config = loadConfig({
    cwd: '/nowhere',
    env: { TEST_SERVICE_KAFKA_BROKERS: 'a:1,b:2', TEST_SERVICE_SERVER_TOKEN: 'x'.repeat(20) },
  });
  expect(loadConfig({ cwd: '/nowhere', env: toEnvironment(config) })).toEqual(config);
});
