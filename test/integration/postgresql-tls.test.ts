import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probePostgresql } from '../../src/engines/probes.ts';
import { reportEngines } from '../../src/engines/report.ts';
import { messageOf } from '../../src/lib/app-error.ts';
import { Database } from '../../src/storage/postgresql/database.ts';
import type { ServerSettings } from '../../src/storage/postgresql/sessions.ts';
import { runApp } from '../helpers/app-process.ts';
import { CertificateAuthority } from '../helpers/certificates.ts';
import { PostgresqlProcess } from '../helpers/postgresql-process.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const temp = createTempDir('test-tls-');
const own = new CertificateAuthority(join(temp.path, 'own'));
const foreign = new CertificateAuthority(join(temp.path, 'foreign'));
const ca = own.certificate;
const certificates = {
  server: own.issue('server'),
  elsewhere: own.issue('elsewhere', { names: ['db.example', '10.0.0.7'] }),
  expired: own.issue('expired', { expired: true }),
  client: own.issue('client', { commonName: 'owner' }),
  foreign: foreign.issue('foreign', { commonName: 'owner' }),
};
const foreignCa = foreign.certificate;
const PASSWORD = 's%20cret';

/** With TLS, which the user `tls_only` must use; `by_certificate` has no password. */
let server: PostgresqlProcess;
let plain: PostgresqlProcess;

beforeAll(async () => {
  server = await PostgresqlProcess.start({
    certificate: certificates.server,
    clientCa: ca,
    hba: [
      'hostssl all tls_only 127.0.0.1/32 scram-sha-256',
      'host all tls_only 127.0.0.1/32 reject',
      'hostssl all by_certificate 127.0.0.1/32 cert map=any',
    ],
  });
  plain = await PostgresqlProcess.start();
  await ask({ url: server.url }, 'create role tls_only login');
});
afterAll(async () => {
  await Promise.all([server.close(), plain.close()]);
  temp.remove();
});

type Settings = Omit<ServerSettings, 'connectTimeoutMs'>;

function open(settings: Settings, maxConnections = 1): Database {
  const limits = { connectTimeoutMs: 10_000, statementTimeoutMs: 30_000, maxConnections };
  return new Database({ ...settings, ...limits, applicationName: 'test' });
}

/** The first value of a statement's answer, from a session of its own. */
async function ask(settings: Settings, text: string): Promise<unknown> {
  const database = open(settings);
  try {
    const [row] = await database.query('asking', async (sql): Promise<unknown[][]> => await sql.unsafe(text).values());
    return row?.[0];
  } finally {
    await database.close();
  }
}

const ENCRYPTED = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';

/** Whether a session is encrypted, or why there is none. */
function attempt(settings: Settings): Promise<unknown> {
  return ask(settings, ENCRYPTED).catch((error: unknown) => messageOf(error));
}

describe('each sslmode does what libpq says', () => {
  const untrusted = expect.stringContaining("set postgresql.tls.ca to that authority's certificate");
  const noTls = expect.stringContaining('turn TLS on there (ssl = on), or set sslmode=disable in postgresql.url');

  test.each([
    ['', false, false],
    ['?sslmode=disable', false, false],
    ['?sslmode=prefer', true, false],
    ['?sslmode=require', true, noTls],
    ['?sslmode=verify-ca', untrusted, noTls],
    ['?sslmode=verify-full', untrusted, noTls],
    [`?sslrootcert=${ca}`, true, noTls],
    [`?sslmode=require&sslrootcert=${foreignCa}`, untrusted, noTls],
    [`?sslmode=verify-full&sslrootcert=${ca}`, true, noTls],
    [`?sslmode=verify-full&sslrootcert=${foreignCa}`, untrusted, noTls],
  ])('%s', async (query, withTls, without) => {
    expect(await attempt({ url: server.url + query })).toEqual(withTls);
    expect(await attempt({ url: plain.url + query })).toEqual(without);
  });

  test('whatever the environment says about certificates', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await attempt({ url: server.url, tls: { ca: foreignCa } })).toEqual(untrusted);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});

test('certificates of the settings are checked as sslmode says, by default with the name of the host', async () => {
  expect(await attempt({ url: server.url, tls: { ca } })).toBe(true);
  server.replaceCertificate(certificates.elsewhere);
  const name = 'its certificate is for another host';
  await until(async () => (await attempt({ url: server.url, tls: { ca } })) !== true);
  expect(await attempt({ url: server.url, tls: { ca } })).toEqual(expect.stringContaining(name));
  expect(await attempt({ url: `${server.url}?sslmode=verify-ca`, tls: { ca } })).toBe(true);
  for (const serverName of ['db.example', '10.0.0.7'])
    expect(await attempt({ url: server.url, tls: { ca, serverName } })).toBe(true);
  server.replaceCertificate(certificates.expired);
  await until(async () => String(await attempt({ url: server.url, tls: { ca } })).includes('expired'));
  const expired = await attempt({ url: server.url, tls: { ca } });
  expect(expired).toBe('asking: its certificate has expired: it has to be renewed on the server');
  server.replaceCertificate(certificates.server);
  await until(async () => (await attempt({ url: server.url, tls: { ca } })) === true);
});

describe('a login', () => {
  const url = () => server.url.replace(`owner:${PASSWORD}`, 'by_certificate');

  test('by a certificate, or the sentence that says what is wrong with it', async () => {
    await ask({ url: server.url }, 'create role by_certificate login');
    expect(await attempt({ url: url(), tls: { ca } })).toEqual(
      expect.stringContaining("check user, sslmode and postgresql.tls.certificate, and the server's pg_hba.conf"),
    );
    expect(await attempt({ url: server.url, tls: { ca, ...certificates.client } })).toBe(true);
    for (const [certificate, said] of [
      [certificates.foreign, 'it refuses our certificate: set postgresql.tls.certificate'],
      [certificates.expired, 'our certificate has expired: renew postgresql.tls.certificate'],
    ] as const)
      expect(await attempt({ url: server.url, tls: { ca, ...certificate } })).toEqual(expect.stringContaining(said));
  });

  test.each([
    [
      'a wrong password',
      () => server.url.replace(PASSWORD, 'nope'),
      '28P01): check user and password in postgresql.url',
    ],
    ['a user that is not there', () => server.url.replace('owner', 'nobody'), '28P01): check user and password'],
    [
      'a session without TLS where it must be',
      () => server.url.replace('owner', 'tls_only'),
      '28000): check user, sslmode',
    ],
    ['a database that is not there', () => server.url.replace(/\/postgres$/, '/none'), '3D000): create the database'],
  ])('of %s says what to do', async (_, of, said) => {
    expect(await attempt({ url: of() })).toEqual(expect.stringContaining(said));
  });
});

test('a renewed certificate, and a new password in its file, count from the next session on', async () => {
  const [file, pem, key] = ['password', 'client.pem', 'client.key'].map((name) => join(temp.path, name)) as [
    string,
    string,
    string,
  ];
  const put = (password: string, certificate: { certificate: string; key: string }) =>
    Promise.all([
      Bun.write(file, `${password}\n`),
      Bun.write(pem, Bun.file(certificate.certificate)),
      Bun.write(key, Bun.file(certificate.key)),
    ]);
  await put('wrong', certificates.expired);
  const database = open({
    url: server.url.replace(`:${PASSWORD}`, ''),
    passwordFile: file,
    tls: { ca, certificate: pem, key },
  });
  const login = () => database.query('asking', async (sql): Promise<unknown[]> => await sql`select 1 as one`);
  try {
    expect(login()).rejects.toThrow('our certificate has expired');
    await put('wrong', certificates.client);
    expect(login()).rejects.toThrow('or postgresql.passwordFile');
    await put('s cret', certificates.client);
    expect(await login()).toHaveLength(1);
  } finally {
    await database.close();
  }
});

test('a socket needs neither certificate nor network', async () => {
  const { pathname } = new URL(server.url);
  const login = `postgres://owner:${PASSWORD}@`;
  const folder = encodeURIComponent(server.folder);
  for (const url of [
    `${login}/postgres?host=${folder}&port=${server.port}`,
    `${login}${folder}:${server.port}${pathname}`,
  ]) {
    expect(await ask({ url }, 'select inet_server_port()')).toBeNull();
    expect(await attempt({ url: `${url}${url.includes('?') ? '&' : '?'}sslmode=verify-full` })).toBe(false);
  }
  const [there, gone] = [server.folder, temp.path].map((host) => probePostgresql({ host, port: server.port }, 5_000));
  expect([await there, await gone]).toEqual(['answers', 'none']);
});

test.each([
  ['a socket', 'postgres:///orders?host=%2Fnonexistent', false],
  ['a server over TLS', 'postgres://127.0.0.1:1/orders?sslmode=verify-full', false],
  ['a server that asks for a certificate', 'postgres://127.0.0.1:1/orders', true],
  ['several servers', 'postgres://127.0.0.1:1,127.0.0.1:2/orders', false],
])('a local PostgreSQL never takes the place of %s', async (_, postgresqlUrl, postgresqlSecured) => {
  const others = { brokers: ['127.0.0.1:1'], redisUrl: 'redis://127.0.0.1:1' };
  const settings = { mode: 'auto' as const, dataDir: join(temp.path, 'data'), ...others };
  const reports = await reportEngines({ ...settings, postgresqlUrl, postgresqlSecured });
  expect(reports).toContainEqual(expect.objectContaining({ engine: 'postgresql', answer: 'none', next: 'fail' }));
});

test('the start fails at once, and doctor says the same, where the server does not let us in', async () => {
  const file = join(temp.path, 'secret');
  writeFileSync(file, 'n0pe');
  const env = {
    TEST_SERVICE_ENGINES: 'off',
    TEST_SERVICE_POSTGRESQL_URL: server.url.replace(`:${PASSWORD}`, ''),
    TEST_SERVICE_POSTGRESQL_PASSWORD_FILE: file,
    TEST_SERVICE_POSTGRESQL_TLS_CA: ca,
  };
  const migrated = await runApp(['migrate', 'up', '--wait', '3600'], { env });
  const sentence =
    'password authentication failed for user "owner" (SQLSTATE 28P01): check user and password in postgresql.url, or postgresql.passwordFile';
  expect(migrated).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`: ${sentence}\n`),
  });
  const { stdout } = await runApp(['doctor', '--json'], { env });
  const schema = { check: 'schema', state: 'bad', found: expect.stringContaining(sentence) };
  expect(JSON.parse(stdout)).toContainEqual(schema);
  expect(stdout).not.toContain('n0pe');
});
