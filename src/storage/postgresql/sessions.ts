import { SQL } from 'bun';
import { type Address, formatAddress, isSocket } from '../../lib/address.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import {
  type ConnectionUrl,
  formatUrl,
  parsePostgresqlUrl,
  sslModeOf,
  type TargetServer,
  targetOf,
} from '../../lib/connection-url.ts';
import { within } from '../../lib/deadline.ts';
import { readSecret } from '../../lib/secret.ts';
import { readTls, type TlsSettings } from '../../lib/tls.ts';
import { isUnreachable, sqlState, TLS } from './sql-error.ts';

/** Where PostgreSQL is and how to log in: the settings of `postgresql`. */
export interface ServerSettings {
  readonly url: string;
  /** File with the password, instead of the URL's. */
  readonly passwordFile?: string;
  readonly tls?: TlsSettings & { readonly serverName?: string };
  /** Named prepared statements, which a pooler may not keep; they are used by default. */
  readonly prepare?: boolean;
  /** Time one host has to let a session in. */
  readonly connectTimeoutMs: number;
}

export interface SessionOptions extends ServerSettings {
  /** Instead of the URL's. */
  readonly database?: string;
  /** Most sessions at once. */
  readonly max: number;
  /** How long a session that nobody uses stays open; for ever by default. */
  readonly idleTimeoutS?: number;
  /** Settings of the server for each session (https://www.postgresql.org/docs/18/runtime-config-client.html). */
  readonly settings: Readonly<Record<string, string>>;
}

/** A pool of sessions with one server. */
export interface Sessions {
  readonly sql: SQL;
  /** Makes the settings that a pooler between here and the server did not take: each transaction begins with it. */
  readonly prelude: string;
}

/** The user where the URL names none, as it is that of a server's first start. */
export const DEFAULT_USER = 'postgres';
/** What PgBouncer keeps for a client as its sessions change. https://www.pgbouncer.org/config.html */
const KEPT_BY_POOLERS = new Set(['application_name', 'timezone']);
const PROTOCOL_VIOLATION = '08P01';

/**
 * Opens the first session of a pool, at the first host that answers and is what the URL asks for
 * (`target_session_attrs`). Certificates are read here, the password file at each session.
 * @throws AppError `config_invalid`; `database_unavailable` where several hosts were tried in vain; else what the driver
 *   says
 */
export async function openSessions(options: SessionOptions): Promise<Sessions> {
  const server = parsePostgresqlUrl(options.url);
  const target = targetOf(server);
  const first = { 'prefer-standby': 'standby', 'prefer-read-write': 'read-write' } as const;
  if (target !== 'prefer-standby' && target !== 'prefer-read-write') return openFirst(server, target, options);
  try {
    return await openFirst(server, first[target], options);
  } catch (error) {
    // Who lets nobody in does not the second time, either.
    if (!(error instanceof AppError && error.code === 'database_unavailable') && !isUnreachable(error)) throw error;
    // Of a standby that has gone, the server that has taken its place answers, too.
    return await openFirst(server, 'any', options);
  }
}

/** Runs `work` in sessions of its own, closed afterwards. @throws as `openSessions`; and what `work` rejects with */
export async function withSessions<T>(options: SessionOptions, work: (sessions: Sessions) => Promise<T>): Promise<T> {
  const sessions = await openSessions(options);
  try {
    return await work(sessions);
  } finally {
    await sessions.sql.close({ timeout: 1 });
  }
}

async function openFirst(server: ConnectionUrl, target: TargetServer, options: SessionOptions): Promise<Sessions> {
  const { addresses } = server;
  const misses: string[] = [];
  for (const address of addresses) {
    let sessions: Sessions | undefined;
    try {
      sessions = await openAt(server, address, options);
      const misfit = await within(options.connectTimeoutMs, misfitOf(sessions.sql, target), silent);
      if (misfit === undefined) return sessions;
      misses.push(`${formatAddress(address)} ${misfit}`);
    } catch (error) {
      if (addresses.length === 1 || !isUnreachable(error)) {
        await sessions?.sql.close({ timeout: 0 });
        throw error;
      }
      misses.push(`${formatAddress(address)}: ${messageOf(error)}`);
    }
    await sessions?.sql.close({ timeout: 0 });
  }
  const found = `no server of postgresql.url can be used (target_session_attrs=${target}): ${misses.join('; ')}`;
  throw new AppError('database_unavailable', found, { retryable: true });
}

/** A host that lets us in and says no more. */
function silent(): Error {
  return new SQL.PostgresError('no answer', { code: 'ERR_POSTGRES_CONNECTION_TIMEOUT' });
}

/** Why a server is not the one that is wanted, in words. */
async function misfitOf(sql: SQL, target: TargetServer): Promise<string | undefined> {
  if (target === 'any') return undefined;
  const [row]: { standby: boolean; readonly: boolean }[] = await sql`select pg_is_in_recovery() as standby,
    pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as readonly`.simple();
  const { standby = false, readonly = false } = row ?? {};
  if (target === 'primary' || target === 'standby')
    return standby === (target === 'standby') ? undefined : `is ${standby ? 'a standby' : 'no standby'}`;
  return readonly === (target === 'read-only') ? undefined : `takes ${readonly ? 'no writes' : 'writes'}`;
}

/** Without what a pooler refuses as a parameter of a session, if it does. */
async function openAt(server: ConnectionUrl, address: Address, options: SessionOptions): Promise<Sessions> {
  try {
    return { sql: await connected(poolAt(server, address, options)), prelude: '' };
  } catch (error) {
    if (sqlState(error) !== PROTOCOL_VIOLATION || !messageOf(error).includes('startup parameter')) throw error;
    const parts = Object.groupBy(Object.entries(options.settings), ([name]) =>
      KEPT_BY_POOLERS.has(name) ? 'kept' : 'refused',
    );
    const settings = Object.fromEntries(parts.kept ?? []);
    const sql = await connected(
      poolAt(server, address, { ...options, settings }, process.env['PGOPTIONS'] === undefined),
    );
    return { sql, prelude: (parts.refused ?? []).map(([name, value]) => `set local ${name} = '${value}'`).join('; ') };
  }
}

async function connected(sql: SQL): Promise<SQL> {
  try {
    return await sql.connect();
  } catch (error) {
    await sql.close({ timeout: 0 });
    throw error;
  }
}

/**
 * Sessions with one server; none is opened yet. All that Bun would look up in the environment when it is absent (`PG…`,
 * `DATABASE_URL`, `USER` and more) is given here, so that only the settings decide where orders go.
 * https://bun.com/docs/runtime/sql#postgresql-environment-variables
 * @param bare leaves out the empty `options`, which keep Bun from taking those of the environment
 */
export function poolAt(server: ConnectionUrl, address: Address, options: SessionOptions, bare = false): SQL {
  const { password, parameters } = server;
  const { passwordFile = '', tls = {} } = options;
  const user = server.user || DEFAULT_USER;
  const binding = parameters.get('channel_binding');
  const socket = isSocket(address.host);
  const here = { ...address, ...(socket && { host: 'localhost' }) };
  const sslmode = sslModeOf(server, tls);
  const given = parameters.get('options') ?? (bare ? undefined : '');
  // The mode stands in the URL, as an object of certificates has no place for it.
  const query = new Map([...parameters].filter(([name]) => !/^(ssl|tls|options)$/.test(name))).set('sslmode', sslmode);
  const certificates = {
    ...readTls(TLS, tls),
    ...(tls.serverName && { serverName: tls.serverName }),
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    ...(sslmode.startsWith('verify') && { rejectUnauthorized: true }),
  };
  return new SQL(formatUrl({ ...server, addresses: [here], parameters: query }), {
    adapter: 'postgres',
    hostname: here.host,
    port: address.port,
    ...(socket && { path: address.host }),
    username: user,
    // A function, as Bun takes an empty text for none and asks the environment.
    password: () =>
      passwordFile === '' ? password : readSecret({ name: 'postgresql.password', text: '', file: passwordFile }),
    database: options.database ?? (server.database || user),
    tls: Object.keys(certificates).length > 0 ? certificates : sslmode,
    channelBinding: binding === 'prefer' || binding === 'require' ? binding : 'disable',
    max: options.max,
    connectionTimeout: Math.ceil(options.connectTimeoutMs / 1000),
    idleTimeout: options.idleTimeoutS ?? 0,
    maxLifetime: 0,
    prepare: options.prepare ?? true,
    connection: { ...(given !== undefined && { options: given }), ...options.settings },
  });
}
