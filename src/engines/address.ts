import { AppError } from '../lib/app-error.ts';

/** Where an engine listens. An IPv6 host stands without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets round an IPv6 host. */
export function formatAddress(address: Address): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** The address in a connection URL. @throws AppError `config_invalid` */
export function addressOfUrl(url: string, defaultPort: number): Address {
  const { hostname, port } = parseUrl(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? '127.0.0.1' : host, port: port === '' ? defaultPort : Number(port) };
}

/** The address in `host:port`. @throws AppError `config_invalid` */
export function addressOfBroker(broker: string): Address {
  const at = broker.lastIndexOf(':');
  const port = Number(broker.slice(at + 1));
  if (at < 1 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new AppError('config_invalid', `broker “${broker}” is not host:port`);
  }
  return { host: broker.slice(0, at), port };
}

/** User and password in a connection URL, decoded; empty where absent. @throws AppError `config_invalid` */
export function credentialsOfUrl(url: string): { user: string; password: string } {
  const { username, password } = parseUrl(url);
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    // The URL itself stays out of the message: it may hold a password.
    throw new AppError('config_invalid', 'a connection URL of PostgreSQL or Redis is malformed', { cause });
  }
}
