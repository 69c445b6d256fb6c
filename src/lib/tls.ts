import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { Address } from './address.ts';
import { AppError, messageOf } from './app-error.ts';
import { readText } from './secret.ts';

/** Certificates of the settings. Each is PEM text, or the path of a file with it; empty for none. */
export interface TlsSettings {
  /** Certificates of the authorities to trust, instead of those that the system trusts. */
  readonly ca?: string;
  /** Own certificate, with those that lead to its authority after it. */
  readonly certificate?: string;
  /** Private key of the certificate, without a passphrase. */
  readonly key?: string;
}

/** The same, read: PEM text under the names of Node's TLS options; absent where not set. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads certificates and key; files are read anew each time, so that renewed ones count from the next connection on.
 * @param name path of the settings, such as `kafka.tls`
 * @throws AppError `config_invalid` when a file can't be read, is not PEM, or when certificate and key don't belong
 *   together
 */
export function readTls(name: string, { ca = '', certificate = '', key = '' }: TlsSettings): TlsMaterial {
  if ((certificate === '') !== (key === '')) {
    const [there, absent] = key === '' ? ['certificate', 'key'] : ['key', 'certificate'];
    throw new AppError('config_invalid', `${name}.${there} is set without ${name}.${absent}: they go together`);
  }
  const authorities = ca === '' ? undefined : readPem(`${name}.ca`, ca, (pem) => new X509Certificate(pem));
  if (certificate === '') return { ...(authorities !== undefined && { ca: authorities }) };
  let own: X509Certificate | undefined;
  const cert = readPem(`${name}.certificate`, certificate, (pem) => {
    own = new X509Certificate(pem);
  });
  const privateKey = readPem(`${name}.key`, key, (pem) => {
    if (own?.checkPrivateKey(createPrivateKey(pem)) === false)
      throw new AppError('config_invalid', `${name}.key is not the key of ${name}.certificate`);
  });
  return { ...(authorities !== undefined && { ca: authorities }), cert, key: privateKey };
}

function readPem(name: string, value: string, check: (pem: string) => void): string {
  const pem = value.includes('-----BEGIN ') ? value : readText(name, value);
  try {
    check(pem);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('config_invalid', `${name} is not valid PEM: ${messageOf(error)}`, { cause: error });
  }
  return pem;
}

const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

/**
 * Why a certificate was not accepted, the server's or ours, and what to do; undefined when that is not what the error
 * is about.
 * @param name path of the settings, such as `kafka.tls`
 */
export function certificateTrouble(name: string, error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  // Of an alert, the client of PostgreSQL gives the name in the message only.
  const code = error.code === 'EPROTO' ? error.message : error.code;
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired: it has to be renewed on the server';
  if (code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet: check the clocks of both machines';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `its certificate is for another host: use a host name that it has, or set ${name}.serverName`;
  if (UNTRUSTED.has(code))
    return `its certificate is of an authority that is not trusted: set ${name}.ca to that authority's certificate`;
  // What the server says of ours. https://www.rfc-editor.org/rfc/rfc8446#section-6.2
  const alert = /_ALERT_(.*)$/.exec(code)?.[1] ?? '';
  if (alert === 'CERTIFICATE_REQUIRED')
    return `it demands a certificate of its clients: set ${name}.certificate and ${name}.key`;
  if (alert === 'CERTIFICATE_EXPIRED') return `our certificate has expired: renew ${name}.certificate`;
  if (alert === 'HANDSHAKE_FAILURE')
    return `it demands a certificate of its clients (${name}.certificate), or other ciphers than ours`;
  if (/UNKNOWN_CA|CERTIFICATE|ACCESS_DENIED/.test(alert))
    return `it refuses our certificate: set ${name}.certificate to one of an authority that it trusts`;
  return undefined;
}

/** Whether something there speaks TLS, whatever its certificate. Never throws. */
export function speaksTls(address: Address, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, rejectUnauthorized: false });
    const end = (speaks: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(speaks);
    };
    const timer = setTimeout(end, timeoutMs, false);
    socket.on('secureConnect', () => end(true));
    socket.on('error', (error) => end(error.message.includes('ALERT')));
    socket.on('close', () => end(false));
  });
}
