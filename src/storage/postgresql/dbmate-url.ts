import { formatUrl, parsePostgresqlUrl, sslModeOf } from '../../lib/connection-url.ts';
import { DEFAULT_USER } from './sessions.ts';

/** A connection URL as dbmate and its driver read it like ours. @throws AppError `config_invalid` */
export function dbmateUrl(text: string): string {
  const server = parsePostgresqlUrl(text);
  const parameters = new Map(server.parameters);
  // The driver asks for TLS unless told otherwise; ours does not.
  parameters.set('sslmode', sslModeOf(server));
  // It takes what it does not know for a setting of the server, which refuses it.
  for (const name of ['ssl', 'tls', 'channel_binding']) parameters.delete(name);
  // dbmate loses the brackets of an IPv6 host, unless it stands here.
  if (server.address.host.includes(':')) parameters.set('host', server.address.host);
  const user = server.user || DEFAULT_USER;
  return formatUrl({ ...server, user, database: server.database || user, parameters });
}
