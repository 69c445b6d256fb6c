import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { loadConfig, redactConfig } from './config.ts';
import { environmentName, toEnvironment } from './config-environment.ts';
import { settings } from './config-problems.ts';

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

test('stages of the load come from the file and from the environment, and one that is wrong is named', () => {
  withFile('producer:\n  stages: ["1m:50", 2m:2000:1%]\n', (file) => {
    const config = loadConfig({ file, env: {} });
    expect(config.producer.stages).toEqual(['1m:50', '2m:2000:1%']);
    expect(loadConfig({ cwd: '/nonexistent', env: toEnvironment(config) }).producer.stages).toEqual(
      config.producer.stages,
    );
    const wrong = problemsOf(() => loadConfig({ file, env: { TEST_SERVICE_PRODUCER_STAGES: '1m:50, 1m:much' } }));
    expect(wrong).toContain('TEST_SERVICE_PRODUCER_STAGES: producer.stages is wrong: stage 2, "1m:much"');
  });
});

describe('config.yaml', () => {
  test('holds every key with its default, and none besides', () => {
    const file: typeof defaults = parse(readFileSync('config.yaml', 'utf8'));
    // What is empty follows from other settings.
    expect(file.kafka.group).toBe('');
    file.kafka.group = defaults.kafka.group;
    expect(file.cache.keyPrefix).toBe('');
    file.cache.keyPrefix = defaults.cache.keyPrefix;
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
      problemsOf(() => loadConfig({ file, env: { TEST_SERVICE_PRODUCER_RATE: 'fast', TEST_SERVICE_SERVR_PORT: '1' } })),
    );
    expect(message).toContain('5 problem(s)');
    expect(message).toContain('server.port is 0; allowed: integer from 1 to 65535');
    expect(message).toContain('kafka.topik is not a setting; did you mean kafka.topic?');
    expect(message).toContain('log.level is "loud"; allowed: error | warn | info | debug | silent');
    expect(message).toContain('TEST_SERVICE_PRODUCER_RATE: producer.rate is "fast"');
    expect(message).toContain('TEST_SERVICE_SERVR_PORT is not a setting; did you mean TEST_SERVICE_SERVER_PORT?');
  });

  test('in the file are told with line and column, a section that is misspelled among them', () => {
    const message = withFile('# settings\nsever:\n  port: 1\nkafka:\n  topic: orders\n  brokers: [a]\n', (file) =>
      problemsOf(() => loadConfig({ file, env: {} })).replaceAll(file, 'FILE'),
    );
    expect(message).toContain('  FILE:2:1: sever is not a setting; did you mean server?');
    const brokers = withFile('kafka:\n  topic: orders\n  brokers: [a]\n', (file) =>
      problemsOf(() => loadConfig({ file, env: {} })).replaceAll(file, 'FILE'),
    );
    expect(brokers).toContain('  FILE:3:3: kafka.brokers is wrong: the broker a has no port: write host:port');
  });

  test('in the YAML itself are told with line and column, and without quoting the file', () => {
    const cases: [string, string][] = [
      ['server:\n  port: 1\n  port: 2\n', ':3:3: duplicate key'],
      ['redis:\n  url: redis://:S3cret@h: x\n', ':2:8: '],
      ['redis:\n  url: "redis://:S3cret@h\n', ':3:1: missing char'],
      ['server: [S3cret\n', ': '],
      ['- S3cret', 'must be a mapping of sections'],
    ];
    for (const [text, said] of cases) {
      const message = withFile(text, (file) => problemsOf(() => loadConfig({ file, env: {} })));
      expect(message).toContain(said);
      expect(message).not.toContain('S3cret');
    }
  });

  test('are what aliases that grow without end, lead back or lead nowhere make of a file', () => {
    const level = (at: number) =>
      `l${at}: &l${at} [${Array(9)
        .fill(`*l${at - 1}`)
        .join(', ')}]`;
    const bomb = ['l0: &l0 [x]', ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(level)].join('\n');
    for (const text of [bomb, 'server: &s { port: *s }', 'server: *nowhere', `server: ${'['.repeat(20_000)}`]) {
      const message = withFile(text, (file) => problemsOf(() => loadConfig({ file, env: {} })));
      expect(message).toMatch(/nested too deep|not YAML/);
    }
    const config = withFile('cache: { keyPrefix: &name shop }\nkafka: { group: *name }', (file) =>
      loadConfig({ file, env: {} }),
    );
    expect(config.kafka.group).toBe('shop');
  });

  test('a named file that is not there is one', () => {
    expect(problemsOf(() => loadConfig({ file: '/nonexistent.yaml', env: {} }))).toContain('/nonexistent.yaml');
  });

  test('of an option are told of the option', () => {
    const env = { TEST_SERVICE_LOG_LEVEL: 'info' };
    const message = problemsOf(() => loadConfig({ cwd: '/nonexistent', env, logLevel: 'loud' }));
    expect(message).toContain('  --log-level: log.level is "loud"; allowed: error | warn');
    expect(message).not.toContain('TEST_SERVICE_LOG_LEVEL');
  });

  test.each([
    ['TEST_SERVICE_POSTGRESQL_URL', 'mysql://u:S3cret@h/d'],
    ['TEST_SERVICE_POSTGRESQL_URL', 'host=127.0.0.1 user=app password=S3cret dbname=orders'],
    ['TEST_SERVICE_POSTGRESQL_URL', 'jdbc:postgresql://127.0.0.1:5432/orders?user=app&password=S3cret'],
    ['TEST_SERVICE_POSTGRESQL_URL', 'postgres://app:S3c/ret@127.0.0.1:5432/orders'],
    ['TEST_SERVICE_REDIS_URL', 'redis://:S3c/ret@127.0.0.1:6379'],
    ['TEST_SERVICE_REDIS_URL', '127.0.0.1:6379,password=S3cret'],
    ['TEST_SERVICE_KAFKA_BROKERS', 'SASL_SSL://user:S3cret@h:9092'],
    ['TEST_SERVICE_KAFKA_TOPIC', 'postgres://u:S3cret@h/d'],
    ['TEST_SERVICE_SERVER_PORT', 'postgres://u:S3cret@h/d'],
    ['TEST_SERVICE_SERVER_TOKEN', 'S3cret with blanks'],
    ['TEST_SERVICE_LOG_LEVEL', 'password=S3cret'],
    ['TEST_SERVICE_TRACING_ENDPOINT', 'https://u:S3cret@h/v1/traces'],
  ])('never show a secret: %s=%s', (name, value) => {
    const message = problemsOf(() => loadConfig({ cwd: '/nonexistent', env: { [name]: value } }));
    expect(message).toContain(`${name}: `);
    expect(message).not.toMatch(/S3c|ret@/);
  });

  test('never show a secret that stands where a mapping or a key should', () => {
    const text = 'redis: redis://:S3cret@h\npostgresql: { url: { password: S3cret } }\n"kafka://u:S3cret@h": 1\n';
    const message = withFile(text, (file) => problemsOf(() => loadConfig({ file, env: {} })));
    expect(message).toContain('3 problem(s)');
    expect(message).not.toContain('S3cret');
  });

  test.each([
    [{ PASSWORD_FILE: '/nonexistent' }, "postgresql.passwordFile is wrong: can't read postgresql.passwordFile"],
    [{ PASSWORD_FILE: 'config.yaml' }, 'postgresql.passwordFile is set, and postgresql.url has a password, too'],
    [{ TLS_CA: '/nonexistent' }, "postgresql.tls is wrong: can't read postgresql.tls.ca"],
    [{ TLS_KEY: '/nonexistent' }, 'postgresql.tls.key is set without postgresql.tls.certificate'],
    [{ URL: 'postgres://h/d?sslrootcert=/nonexistent' }, "postgresql.url is wrong: can't read sslrootcert"],
    [{ URL: 'postgres://h/d?sslcert=x', TLS_CA: 'y' }, 'postgresql.tls is set, and postgresql.url has sslcert'],
    [{ URL: 'postgres://h/d?sslmode=prefer', TLS_CA: 'y' }, 'postgresql.tls has no effect with sslmode=prefer'],
  ])('are settings of PostgreSQL that contradict each other, or name nothing: %j', (settings, said) => {
    const env = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [`TEST_SERVICE_POSTGRESQL_${name}`, value]),
    );
    expect(problemsOf(() => loadConfig({ cwd: '/nonexistent', env }))).toContain(said);
  });

  test.each([
    ['orders', 'orders', 'must not be kafka.topic'],
    ['orders.dead', 'orders_dead', 'differs from kafka.topic only in dots and underscores'],
    ['..', 'dead', 'kafka.topic must be more than dots'],
    ['__consumer_offsets', 'dead', 'kafka.topic is a topic of Kafka itself'],
    ['orders', '__transaction_state', 'kafka.deadLetterTopic is a topic of Kafka itself'],
    ['orders here', 'dead', 'kafka.topic must be 1 to 249 letters'],
    ['o'.repeat(250), 'dead', 'kafka.topic must be 1 to 249 letters'],
    ['', 'dead', 'kafka.topic must be 1 to 249 letters'],
  ])('are topics that Kafka refuses, and dead letters among the orders: %s, %s', (topic, deadLetterTopic, why) => {
    const file = `kafka: ${JSON.stringify({ topic, deadLetterTopic })}`;
    expect(withFile(file, (path) => problemsOf(() => loadConfig({ file: path, env: {} })))).toContain(why);
  });

  test.each([
    ['kafka', 'group', ' orders'],
    ['kafka', 'group', 'a\0b'],
    ['cache', 'keyPrefix', 'a\nb'],
    ['cache', 'keyPrefix', '{shop}'],
  ])('are names of groups and prefixes that engines refuse: %s.%s: %j', (section, key, value) => {
    const file = JSON.stringify({ [section]: { [key]: value } });
    const message = withFile(file, (path) => problemsOf(() => loadConfig({ file: path, env: {} })));
    expect(message).toContain(`${section}.${key} `);
  });

  test.each(['10.0.0.0/33', '2001:db8::/129', 'cafe', '1.2.3'])('are proxies at no address: %s', (proxy) => {
    const env = { TEST_SERVICE_SERVER_TRUSTED_PROXIES: proxy };
    expect(problemsOf(() => loadConfig({ env }))).toContain('server.trustedProxies must be IP addresses');
  });

  test('are certificates of the server that can’t be used', () => {
    const env = { TEST_SERVICE_SERVER_TLS_CERTIFICATE: '/nowhere/server.pem' };
    expect(problemsOf(() => loadConfig({ env }))).toContain('server.tls.certificate is set without server.tls.key');
    const alone = { TEST_SERVICE_SERVER_TLS_CA: '/nowhere/ca.pem' };
    expect(problemsOf(() => loadConfig({ env: alone }))).toContain('has no effect without server.tls.certificate');
  });

  test.each(['S3cret', 'authorization=S3cret%ZZ', 'a b=S3cret'])(
    'are headers without name and value: %s',
    (headers) => {
      const message = problemsOf(() => loadConfig({ env: { TEST_SERVICE_TRACING_HEADERS: headers } }));
      expect(message).toContain('tracing.headers is wrong: headers are name=value');
      expect(message).not.toContain('S3cret');
    },
  );
});

test('the prefix of the cache’s keys follows the database, unless it is named', () => {
  const prefixOf = (env: Record<string, string>) => loadConfig({ cwd: '/nonexistent', env }).cache.keyPrefix;
  expect(prefixOf({})).toBe('test-service');
  const returns = { TEST_SERVICE_POSTGRESQL_URL: 'postgres://u:p@h:1/returns?sslmode=disable' };
  expect(prefixOf(returns)).toBe('test-service.returns');
  expect(prefixOf({ ...returns, TEST_SERVICE_CACHE_KEY_PREFIX: 'mine' })).toBe('mine');
});

test('the group follows the topic, unless it is named', () => {
  const groupOf = (env: Record<string, string>) => loadConfig({ cwd: '/nonexistent', env }).kafka.group;
  expect(groupOf({})).toBe('test-service');
  expect(groupOf({ TEST_SERVICE_KAFKA_TOPIC: 'returns' })).toBe('test-service.returns');
  expect(groupOf({ TEST_SERVICE_KAFKA_TOPIC: 'returns', TEST_SERVICE_KAFKA_GROUP: 'mine' })).toBe('mine');
});

describe('variables that Kubernetes sets for a Service', () => {
  /** https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables */
  const linksOf = (service: string): Record<string, string> => ({
    [`${service}_SERVICE_HOST`]: '10.0.0.11',
    [`${service}_SERVICE_PORT`]: '8001',
    [`${service}_SERVICE_PORT_HTTP`]: '8001',
    [`${service}_PORT`]: 'tcp://10.0.0.11:8001',
    [`${service}_PORT_8001_TCP`]: 'tcp://10.0.0.11:8001',
    [`${service}_PORT_8001_TCP_PROTO`]: 'tcp',
    [`${service}_PORT_8001_TCP_PORT`]: '8001',
    [`${service}_PORT_8001_TCP_ADDR`]: '10.0.0.11',
  });

  test.each(['TEST_SERVICE', 'TEST_SERVICE_SERVER', 'TEST_SERVICE_KAFKA_UI'])('are no settings: %s', (service) => {
    const links = linksOf(service);
    const ignored: string[] = [];
    const config = loadConfig({
      cwd: '/nonexistent',
      env: { ...links, TEST_SERVICE_CACHE_KEY_PREFIX: 'shop' },
      onIgnored: (variables) => ignored.push(...variables),
    });
    expect(config).toEqual({ ...defaults, cache: { ...defaults.cache, keyPrefix: 'shop' } });
    expect(ignored).toEqual(Object.keys(links));
    // A process this one starts has the settings as variables beside them.
    expect(loadConfig({ cwd: '/nonexistent', env: { ...links, ...toEnvironment(config) } })).toEqual(config);
  });

  test('do not hide a slip of the pen', () => {
    for (const [name, value] of [
      ['TEST_SERVICE_SERVICE_PORT', '9001'],
      ['TEST_SERVICE_SERVR_PORT', '9001'],
      ['TEST_SERVICE_PORT', 'tcp://10.0.0.11:8001'],
    ] as const)
      expect(problemsOf(() => loadConfig({ cwd: '/nonexistent', env: { [name]: value } }))).toContain(
        `${name} is not a setting`,
      );
    const env = { ...linksOf('TEST_SERVICE'), TEST_SERVICE_SERVR_PORT: '9001' };
    expect(problemsOf(() => loadConfig({ cwd: '/nonexistent', env }))).toContain(
      'TEST_SERVICE_SERVR_PORT is not a setting; did you mean TEST_SERVICE_SERVER_PORT?',
    );
  });
});

test('an empty key means its default', () => {
  expect(withFile('producer:\n  rate:\n', (file) => loadConfig({ file, env: {} }))).toEqual(defaults);
});

test('passwords are hidden when settings are shown', () => {
  const config = structuredClone(defaults);
  config.redis.url = 'redis://:secret@127.0.0.1:6379/0,redis://u:secret@b:6380';
  expect(JSON.stringify(redactConfig(config))).not.toContain('secret@');
});

test('as environment variables they are the same settings', () => {
  const config = loadConfig({
    cwd: '/nowhere',
    env: { TEST_SERVICE_KAFKA_BROKERS: 'a:1,b:2', TEST_SERVICE_SERVER_TOKEN: 'x'.repeat(20) },
  });
  expect(loadConfig({ cwd: '/nowhere', env: toEnvironment(config) })).toEqual(config);
});
