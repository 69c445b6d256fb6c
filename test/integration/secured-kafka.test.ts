import { afterAll, afterEach, describe, expect, test } from 'bun:test';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEngines } from '../../src/engines/engines.ts';
import { probeKafka } from '../../src/engines/probes.ts';
import { probeBroker } from '../../src/kafka/admin/broker-probe.ts';
import { ensureTopics } from '../../src/kafka/admin/topics.ts';
import { KafkaClients } from '../../src/kafka/clients.ts';
import type { KafkaSasl, KafkaTls } from '../../src/kafka/security.ts';
import { createMessageSender } from '../../src/kafka/send/sender.ts';
import { type Address, parseBroker } from '../../src/lib/address.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { AppPlace } from '../helpers/app-place.ts';
import { killRunning, runApp, startApp } from '../helpers/app-process.ts';
import { CertificateAuthority } from '../helpers/certificates.ts';
import { freePort } from '../helpers/free-port.ts';
import { OTHER_HOST, PLAIN_USER, SESSION_MS, SecuredKafka } from '../helpers/secured-kafka.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const SCRAM_USER = { username: 'orders-user', password: 'scr,am= s3cret' };
const folder = createTempDir('test-secured-');
const kafka = await SecuredKafka.start();
const place = await AppPlace.onTestEngines();
await kafka.setPassword(SCRAM_USER.username, SCRAM_USER.password);

afterEach(killRunning);
afterAll(async () => {
  await Promise.all([kafka.close(), place.remove()]);
  folder.remove();
});

const { SECURED, MUTUAL, UNENCRYPTED, EXPIRED, MISNAMED } = kafka.brokers;
const OPEN = kafka.open.address;
const ca = kafka.authority.certificate;
const trusting: KafkaTls = { enabled: true, ca };
const scram: KafkaSasl = { mechanism: 'SCRAM-SHA-256', ...SCRAM_USER };
const plain: KafkaSasl = { mechanism: 'PLAIN', ...PLAIN_USER };
const scram512: KafkaSasl = { ...scram, mechanism: 'SCRAM-SHA-512' };

/** A server of tokens; `life` in s, and `answers` false while it is away. */
const tokens = { asked: 0, life: 60, answers: true, known: 'client' };
const tokenServer = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: (request) => {
    tokens.asked += 1;
    if (!tokens.answers) return new Response('restarting', { status: 503 });
    const known = request.headers.get('authorization') === `Basic ${btoa(`${tokens.known}:t0ken`)}`;
    if (!known) return Response.json({ error: 'invalid_client' }, { status: 401 });
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Date.now() / 1000;
    const claims = { sub: SCRAM_USER.username, iat: now, exp: now + tokens.life };
    return Response.json({ access_token: `${part({ alg: 'none' })}.${part(claims)}.`, expires_in: tokens.life });
  },
});
afterAll(() => tokenServer.stop(true));
const oauth: KafkaSasl = {
  mechanism: 'OAUTHBEARER',
  tokenUrl: tokenServer.url.href,
  clientId: 'client',
  clientSecret: 't0ken',
};

interface Settings {
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaSasl;
}

function probe(broker: string, settings: Settings = {}): Promise<string> {
  return probeBroker(new KafkaClients({ brokers: [broker], ...settings }), parseBroker(broker));
}

test.each<[string, string, Settings]>([
  ['PLAIN', SECURED, { tls: trusting, sasl: plain }],
  ['SCRAM-SHA-256', SECURED, { tls: trusting, sasl: scram }],
  ['SCRAM-SHA-512 without TLS', UNENCRYPTED, { sasl: scram512 }],
  ['OAUTHBEARER', SECURED, { tls: trusting, sasl: oauth }],
  ['a client certificate', MUTUAL, { tls: { ...trusting, ...kafka.client } }],
  ['the server name of a certificate', MISNAMED, { tls: { ...trusting, serverName: OTHER_HOST } }],
])('a broker lets in by %s', async (_name, broker, settings) => {
  expect(await probe(broker, settings)).toBe('answers');
});

const foreign = new CertificateAuthority(folder.path, 'foreign');
const ofForeigner = foreign.issue('stranger');
const expired = kafka.authority.issue('late', { expired: true });

describe('what a broker refuses is told with the setting to change:', () => {
  test.each<[string, string, Settings, string]>([
    ['TLS met with plaintext', MUTUAL, {}, 'set kafka.tls.enabled: true'],
    ['TLS met with an unencrypted login', SECURED, { sasl: scram }, 'set kafka.tls.enabled: true'],
    ['plaintext met with TLS', OPEN, { tls: trusting }, 'does not speak TLS: set kafka.tls.enabled: false'],
    ['a login met with TLS', UNENCRYPTED, { tls: trusting, sasl: scram512 }, 'set kafka.tls.enabled: false'],
    ['no login', SECURED, { tls: trusting }, 'set kafka.sasl.mechanism to PLAIN or SCRAM-SHA-256 or OAUTHBEARER'],
    ['no login, unencrypted', UNENCRYPTED, {}, 'set kafka.sasl.mechanism to SCRAM-SHA-512'],
    ['a login that nobody wants', OPEN, { sasl: plain }, 'asks for no login: set kafka.sasl.mechanism: none'],
    ['another mechanism', UNENCRYPTED, { sasl: plain }, 'set kafka.sasl.mechanism to SCRAM-SHA-512'],
    ['a wrong password', UNENCRYPTED, { sasl: { ...scram512, password: 'no' } }, 'check kafka.sasl.username'],
    ['an unknown user', SECURED, { tls: trusting, sasl: { ...plain, username: 'no' } }, 'check kafka.sasl.username'],
    ['a foreign authority', SECURED, { tls: { enabled: true }, sasl: plain }, 'set kafka.tls.ca'],
    ['an expired certificate', EXPIRED, { tls: trusting }, 'its certificate has expired'],
    ['a certificate of another host', MISNAMED, { tls: trusting }, 'set kafka.tls.serverName'],
    ['no client certificate', MUTUAL, { tls: trusting }, 'kafka.tls.certificate'],
    ['a foreign client certificate', MUTUAL, { tls: { ...trusting, ...ofForeigner } }, 'kafka.tls.certificate'],
    ['an expired client certificate', MUTUAL, { tls: { ...trusting, ...expired } }, 'kafka.tls.certificate'],
    [
      'an unknown client at the token server',
      SECURED,
      { tls: trusting, sasl: { ...oauth, clientSecret: 'no' } },
      'check kafka.sasl.clientId, clientSecret and scope',
    ],
    [
      'no token server',
      SECURED,
      { tls: trusting, sasl: { ...oauth, tokenUrl: 'http://127.0.0.1:1/' } },
      'check kafka.sasl.tokenUrl, or start that server',
    ],
  ])('%s', async (_name, broker, settings, advice) => {
    const began = performance.now();
    const outcome = await probe(broker, settings).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ name: 'AppError', message: expect.stringContaining(advice) });
    for (const secret of ['s3cret', 't0ken', 'eyJ']) expect(Bun.inspect(outcome)).not.toContain(secret);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('an invalid token', async () => {
    tokens.life = -60;
    try {
      await expect(probe(SECURED, { tls: trusting, sasl: oauth })).rejects.toThrow('the broker refuses the token');
    } finally {
      tokens.life = 60;
    }
  });

  test('before anything is set for TLS or a login, too', async () => {
    await expect(probeKafka(parseBroker(SECURED), 5_000)).rejects.toThrow('speaks TLS: set kafka.tls.enabled: true');
    await expect(probeKafka(parseBroker(UNENCRYPTED), 5_000)).rejects.toThrow(
      'wants a login: set kafka.sasl.mechanism to SCRAM-SHA-512',
    );
  });
});

test('a renewed certificate counts from the next connection on, and a broken one not at all', async () => {
  const own = { certificate: join(folder.path, 'own.pem'), key: join(folder.path, 'own.key') };
  const put = (from: { certificate: string; key: string }): void => {
    copyFileSync(from.certificate, own.certificate);
    copyFileSync(from.key, own.key);
  };
  put(ofForeigner);
  const clients = new KafkaClients({ brokers: [MUTUAL], tls: { ...trusting, ...own } });
  await expect(probeBroker(clients, parseBroker(MUTUAL))).rejects.toThrow('kafka.tls.certificate');
  put(kafka.client);
  expect(await probeBroker(clients, parseBroker(MUTUAL))).toBe('answers');
  writeFileSync(own.key, 'half a k');
  expect(await probeBroker(clients, parseBroker(MUTUAL))).toBe('answers');
});

test('a server of tokens that is away is waited for, and is no refusal of the broker', async () => {
  const clients = new KafkaClients({ brokers: [SECURED], tls: trusting, sasl: oauth });
  const probeSecuredKafka = (address: Address) => probeBroker(clients, address);
  const settings = { ...place.engineSettings, mode: 'off', brokers: [SECURED], probeSecuredKafka } as const;
  const told: string[] = [];
  const onProgress = ({ step }: { step: string }) => told.push(step);
  const options = { logger: silentLogger, owner: 'run', needs: ['kafka'], onProgress } as const;
  const advice = expect.stringContaining('start that server');
  tokens.answers = false;
  try {
    const absent = await ensureEngines(settings, { ...options, goWithout: ['kafka'] });
    expect(absent.statuses).toEqual([{ engine: 'kafka', address: SECURED, state: 'absent', outage: advice }]);
    const waiting = ensureEngines(settings, options);
    await until(() => told.length > 0, 60_000);
    expect(told).toEqual([advice]);
    tokens.answers = true;
    expect((await waiting).statuses).toMatchObject([{ engine: 'kafka', state: 'in use' }]);
  } finally {
    tokens.answers = true;
  }
});

test('no local Kafka is started in place of one with TLS that is away', async () => {
  const brokers = `127.0.0.1:${await freePort()}`;
  const env = { ...place.env, TEST_SERVICE_KAFKA_BROKERS: brokers, TEST_SERVICE_KAFKA_TLS_ENABLED: 'true' };
  const { code, stderr } = await runApp(['produce', '--count', '1'], { env });
  expect(code).toBe(1);
  expect(stderr).toContain(`Kafka does not answer at ${brokers}. No local one is started in place of one with TLS`);
  const { stdout } = await runApp(['doctor'], { env: { ...env, TEST_SERVICE_ENGINES: 'off' } });
  expect(stdout).toMatch(/^BAD {3}kafka .*\n.*start it, or check its address$/m);
});

/** The lines that docs/your-engines.md has for a user. */
function linesOf(user: string): string[] {
  const docs = readFileSync('docs/your-engines.md', 'utf8').split('\n');
  return docs.filter((line) => line.startsWith(`kafka-acls --add --allow-principal User:${user} `));
}

/** Settings of a process whose user logs in by SCRAM-SHA-256 over TLS; other engines are where `place` has them. */
async function environmentOf(user: string): Promise<Record<string, string>> {
  const passwordFile = join(folder.path, user);
  writeFileSync(passwordFile, 'first\n');
  await kafka.setPassword(user, 'first');
  return {
    ...place.env,
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_LOG_FORMAT: 'json',
    TEST_SERVICE_KAFKA_BROKERS: SECURED,
    TEST_SERVICE_KAFKA_TOPIC: 'orders',
    TEST_SERVICE_KAFKA_DEAD_LETTER_TOPIC: 'orders.dead-letters',
    TEST_SERVICE_KAFKA_GROUP: 'test-service',
    TEST_SERVICE_KAFKA_TLS_ENABLED: 'true',
    TEST_SERVICE_KAFKA_TLS_CA: ca,
    TEST_SERVICE_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
    TEST_SERVICE_KAFKA_SASL_USERNAME: user,
    TEST_SERVICE_KAFKA_SASL_PASSWORD_FILE: passwordFile,
  };
}

const NOWHERE = {
  TEST_SERVICE_POSTGRESQL_URL: 'postgres://127.0.0.1:1/none',
  TEST_SERVICE_REDIS_URL: 'redis://127.0.0.1:1',
};

test('the whole pipe runs over TLS, with a login and the least rights of each user', async () => {
  const settings = { partitions: 3, replicationFactor: 1 };
  await ensureTopics(kafka.open, [
    { name: 'orders', ...settings },
    { name: 'orders.dead-letters', ...settings, configs: { 'max.message.bytes': '12582912', 'retention.ms': '-1' } },
  ]);
  // Kafka is all that `produce` needs.
  const producer = { ...(await environmentOf('producer')), ...NOWHERE, TEST_SERVICE_PRODUCER_COMPRESSION: 'zstd' };
  const args = ['produce', '--count', '1000', '--seed', '1', '--faults', 'malformed=1%'];
  const denied = await runApp(args, { env: producer });
  expect(denied.code).toBe(1);
  expect(denied.stderr).toContain('kafka-acls --add --allow-principal User:producer --operation Create --topic orders');
  for (const line of linesOf('producer')) await kafka.grant(line);
  await until(async () => (await runApp(args, { env: producer })).code === 0, 120_000);

  // The right on the group is missing at first: that is said once, and all goes on when it is given.
  const [topicRight, groupRight, letterRight] = linesOf('consumer');
  const consumer = await environmentOf('consumer');
  await kafka.grant(topicRight ?? '');
  await kafka.grant(letterRight ?? '');
  const consuming = startApp(['consume', '--json', '--log-level', 'debug'], { env: consumer });
  const refusals = (): string[] => consuming.stderr.split('\n').filter((line) => line.includes('Read on group'));
  await until(() => refusals().length >= 4, 120_000, 50);
  await kafka.grant(groupRight ?? '');
  const stored = async (messages: number): Promise<void> =>
    until(async () => (await place.consumed()) >= messages, 120_000, 100);
  await stored(1_000);
  expect(refusals().filter((line) => line.includes('"level":40'))).toHaveLength(1);

  for (const line of linesOf('auditor')) await kafka.grant(line);
  const auditor = await environmentOf('auditor');
  const proof = await runApp(['verify', '--wait', '60'], { env: auditor });
  expect(proof.stdout).toMatch(/^OK: produced/m);

  // A new password is used by the next login on the same connection, without a restart.
  const before = consuming.stderr.length;
  writeFileSync(join(folder.path, 'consumer'), 'second');
  await kafka.setPassword('consumer', 'second');
  const produced = await place.consumed();
  await until(async () => (await runApp([...args, '--start', '1000'], { env: producer })).code === 0, 120_000);
  await stored(produced + 1_000);
  expect(consuming.stderr.slice(before)).not.toContain('refuses the login');

  for (const line of linesOf('server')) await kafka.grant(line);
  const server = await environmentOf('server');
  const serving = startApp(['serve', '--json'], { env: server });
  await serving.untilUp();
  await until(async () => (await (await fetch(`${place.url}/readyz`)).json()).status === 'ok', 60_000);
  const read = async (path: string): Promise<number> => (await fetch(`${place.url}/api/v1/${path}`)).status;
  for (const path of [
    'topics',
    'topics/orders',
    'topics/orders/messages',
    'consumer-groups',
    'consumer-groups/test-service',
    'dead-letters',
  ])
    expect([path, await read(path)]).toEqual([path, 200]);
  const redrive = await runApp(['dead-letters', 'redrive', '--all'], { env: server });
  expect(redrive).toMatchObject({ code: 0 });

  // A server that is locked out goes on without Kafka, and says what to do.
  await kafka.setPassword('server', 'another');
  const advice = 'check kafka.sasl.username and kafka.sasl.password';
  await until(async () => (await (await fetch(`${place.url}/readyz`)).text()).includes(advice), 60_000, 100);
  expect((await runApp(['doctor'], { env: server })).stdout).toContain(advice);
});

test('a login that has to be repeated while messages are sent holds up none of them', async () => {
  const topic = 'sessions';
  await ensureTopics(kafka.open, [{ name: topic, partitions: 2, replicationFactor: 1 }]);
  await kafka.grant(
    `kafka-acls --add --allow-principal User:${SCRAM_USER.username} --operation Write --topic ${topic}`,
  );
  const warnings: unknown[] = [];
  const logger = { warn: (...said: unknown[]) => warnings.push(said), info: () => {} };
  tokens.life = 10;
  tokens.asked = 0;
  for (const sasl of [scram, oauth]) {
    const clients = new KafkaClients({ brokers: [SECURED], tls: trusting, sasl });
    const sender = createMessageSender(clients, { clientId: 'test', logger });
    const message = { key: null, value: Buffer.from('x'), headers: {} };
    const began = performance.now();
    let sent = 0;
    while (performance.now() - began < 2.5 * SESSION_MS) sent += (await sender.send(topic, [message, message])).length;
    await sender.close();
    expect({ sent: sent > 0, warnings }).toEqual({ sent: true, warnings: [] });
  }
  expect(tokens.asked).toBeGreaterThan(1);
});
