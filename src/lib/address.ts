import { isIPv6 } from 'node:net';
import { AppError } from './app-error.ts';

/**
 * Where a server listens. An IPv6 host has no brackets. A host that is an absolute path is the folder of a socket of
 * PostgreSQL, and the port its number.
 */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets round an IPv6 host; of a socket, its path. */
export function formatAddress({ host, port }: Address): string {
  if (isSocket(host)) return `${host}/.s.PGSQL.${port}`;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether the host of an address is the folder of a socket. */
export function isSocket(host: string): boolean {
  return host.startsWith('/');
}

/** A Kafka broker's address, `host:port`. @throws AppError `config_invalid`, without anything that may be a secret */
export function parseBroker(text: string): Address {
  return parseAddress(text, `the broker ${/^[\w.:[\]-]{1,100}$/.test(text) ? text : '***'}`);
}

/**
 * The address in `host:port`, an IPv6 host in brackets; the port may be absent where there is a default.
 * @param what begins the message of the error
 * @throws AppError `config_invalid`
 */
export function parseAddress(text: string, what: string, defaultPort?: number): Address {
  const refuse = (why: string): AppError => new AppError('config_invalid', `${what} ${why}`);
  if (text.includes('://')) throw refuse('names a protocol: write host:port');
  if (text.includes(',')) throw refuse('names several hosts, and only one is allowed');
  if (isIPv6(text)) throw refuse('is an IPv6 address without brackets: write [address]:port');
  const parts = /^(?:\[(.+)\]|([^\s:/?#@[\]%=;"'\\]+))(?::([^:@]*))?$/.exec(text);
  const [, inBrackets, name, port] = parts ?? [];
  const host = inBrackets ?? name;
  if (host === undefined) throw refuse('is not host:port');
  if (inBrackets !== undefined && !isIPv6(inBrackets)) throw refuse('has no IPv6 address in its brackets');
  const number = port === undefined ? defaultPort : /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number === undefined) throw refuse('has no port: write host:port');
  if (number < 1 || number > 65_535) throw refuse('has no port from 1 to 65535');
  return { host, port: number };
}

/** True for a host, as a name or an address with or without brackets, that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
