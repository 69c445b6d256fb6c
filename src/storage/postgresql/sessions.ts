import { SQL } from 'bun';
import { formatUrl, parsePostgresqlUrl, sslModeOf } from '../../lib/connection-url.ts';

export interface SessionOptions {
  readonly url: string;
  /** Instead of the URL's. */
  readonly database?: string;
  /** Most sessions at once. */
  readonly max: number;
  readonly connectTimeoutMs: number;
  /** How long a session that nobody uses stays open; for ever by default. */
  readonly idleTimeoutS?: number;
  /** Settings of the server for each session (https://www.postgresql.org/docs/18/runtime-config-client.html). */
  readonly settings: Readonly<Record<string, string>>;
}

/** The user where the URL names none, as it is that of a server's first start. */
export const DEFAULT_USER = 'postgres';

/**
 * A pool of sessions; the first is opened when it is needed. All that Bun would look up in the environment when it is
 * absent (`PG…`, `DATABASE_URL`, `USER` and more) is given here, so that only the settings decide where orders go.
 * https://bun.com/docs/runtime/sql#postgresql-environment-variables
 * @throws AppError `config_invalid`
 */
export function openSessions(options: SessionOptions): SQL {
  const server = parsePostgresqlUrl(options.url);
  const { address, password, parameters } = server;
  const user = server.user || DEFAULT_USER;
  const binding = parameters.get('channel_binding');
  return new SQL(formatUrl(server), {
    adapter: 'postgres',
    hostname: address.host,
    port: address.port,
    username: user,
    // A function, as Bun takes an empty text for none and asks the environment.
    password: () => password,
    database: options.database ?? (server.database || user),
    tls: sslModeOf(server),
    channelBinding: binding === 'prefer' || binding === 'require' ? binding : 'disable',
    max: options.max,
    connectionTimeout: Math.ceil(options.connectTimeoutMs / 1000),
    idleTimeout: options.idleTimeoutS ?? 0,
    maxLifetime: 0,
    prepare: true,
    connection: { options: parameters.get('options') ?? '', ...options.settings },
  });
}
