import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate says; by default it is for this machine, and good for a day. */
export interface CertificateOptions {
  readonly commonName?: string;
  /** Host names and addresses it is for. */
  readonly names?: readonly string[];
  /** It ended a day ago. */
  readonly expired?: boolean;
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/** A certificate authority of a test, made by `openssl` in a folder that the test owns. */
export class CertificateAuthority {
  /** Path of its own certificate, PEM. */
  readonly certificate: string;
  readonly #folder: string;
  readonly #key: string;

  constructor(folder: string, name = 'test authority') {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.certificate = join(folder, 'ca.pem');
    this.#key = join(folder, 'ca.key');
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    openssl('req', '-x509', ...EC, ...subject, '-keyout', this.#key, '-out', this.certificate);
  }

  /** A certificate for servers and clients, with its key, in files named after `name`. */
  issue(name: string, { commonName = name, names = LOOPBACK, expired = false }: CertificateOptions = {}): Certificate {
    const path = (ending: string): string => join(this.#folder, `${name}.${ending}`);
    const [certificate, key, request, extensions] = [path('pem'), path('key'), path('csr'), path('ext')];
    const subjects = names.map((one) => `${/^[\d.]+$|:/.test(one) ? 'IP' : 'DNS'}:${one}`);
    writeFileSync(extensions, `subjectAltName=${subjects.join(',')}\nextendedKeyUsage=serverAuth,clientAuth\n`);
    openssl('req', ...EC, '-subj', `/CN=${commonName}`, '-keyout', key, '-out', request);
    const signer = ['-CA', this.certificate, '-CAkey', this.#key, '-CAcreateserial', '-extfile', extensions];
    openssl('x509', '-req', '-in', request, ...signer, '-days', expired ? '-1' : '1', '-out', certificate);
    return { certificate, key };
  }
}

/** PKCS#8 keys without a passphrase, which every engine reads. */
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
