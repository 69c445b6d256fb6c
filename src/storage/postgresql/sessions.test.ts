import { afterEach, expect, test } from 'bun:test';
import { parsePostgresqlUrl } from '../../lib/connection-url.ts';
import { openSessions, poolAt } from './sessions.ts';

/** All variables that Bun 1.4 and libpq read for a connection. Those of other databases choose the driver. */
const TRAPS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['DATABASE', 'POSTGRES', 'PG', 'MYSQL', 'MARIADB', 'SQLITE'].flatMap((name) =>
      [`${name}_URL`, `${name}URL`].map((variable) => [variable, 'mysql://trap:trap@trap:1/trap']),
    ),
  ),
  TLS_DATABASE_URL: 'postgres://trap/trap',
  TLS_POSTGRES_DATABASE_URL: 'postgres://trap/trap',
  ...Object.fromEntries(
    ['HOST', 'USER', 'USERNAME', 'PASSWORD', 'DATABASE', 'APPNAME'].flatMap((name) => [
      [`PG${name}`, 'trap'],
      [`PG_${name}`, 'trap'],
    ]),
  ),
  PGPORT: '9',
  PG_PORT: '9',
  PGSSLMODE: 'verify-full',
  PG_SSLMODE: 'verify-full',
  PGOPTIONS: '-c search_path=trap',
  PGCHANNELBINDING: 'require',
  PGCONNECT_TIMEOUT: '77',
  USER: 'trap',
  USERNAME: 'trap',
};

const before = { ...process.env };
afterEach(() => {
  for (const name of Object.keys(TRAPS)) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

const settings = { application_name: 'test' };

async function parametersOf(url: string, database?: string): Promise<object> {
  Object.assign(process.env, TRAPS);
  const server = parsePostgresqlUrl(url);
  const asked = { url, max: 1, connectTimeoutMs: 5_000, settings, ...(database && { database }) };
  const pool = poolAt(server, server.addresses[0], asked);
  const { password, ...options } = Object(pool.options);
  await pool.close();
  return { ...options, password: await password() };
}

test('a session takes nothing from the environment, whatever its URL leaves out', async () => {
  expect(await parametersOf('postgres:///')).toMatchObject({
    adapter: 'postgres',
    hostname: '127.0.0.1',
    port: 5432,
    username: 'postgres',
    password: '',
    database: 'postgres',
    sslMode: 0,
    channelBinding: 'disable',
    connectionTimeout: 5_000,
    query: 'application_name\0test\0options\0\0',
  });
});

test('a session takes all that its URL says', async () => {
  const url = 'postgres://u%40:p%25@[::1]:6000/d?sslmode=require&channel_binding=prefer&options=-c%20geqo%3Doff';
  expect(await parametersOf(url)).toMatchObject({
    hostname: '::1',
    port: 6000,
    username: 'u@',
    password: 'p%',
    database: 'd',
    sslMode: 2,
    channelBinding: 'prefer',
    query: 'application_name\0test\0options\0-c geqo=off\0',
  });
  expect(await parametersOf(url, 'postgres')).toMatchObject({ database: 'postgres' });
});

test('of several hosts, one that refuses the password is not asked twice', async () => {
  const fields = 'SFATAL\0C28P01\0Mno such password\0\0';
  const refusal = Buffer.alloc(5 + fields.length);
  refusal.write('E');
  refusal.writeInt32BE(4 + fields.length, 1);
  refusal.write(fields, 5);
  let asked = 0;
  const data = (socket: Bun.Socket): void => {
    asked += 1;
    socket.end(refusal);
  };
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data } });
  const hosts = `127.0.0.1:${server.port},127.0.0.1:${server.port}`;
  for (const query of ['', '?target_session_attrs=prefer-standby']) {
    const options = { url: `postgres://u:p@${hosts}/d${query}`, max: 1, connectTimeoutMs: 5_000, settings };
    await expect(openSessions(options)).rejects.toMatchObject({ errno: '28P01' });
  }
  server.stop(true);
  expect(asked).toBe(2);
});
