import { expect, onTestFinished, test } from 'bun:test';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CertificateAuthority } from '../../test/helpers/certificates.ts';
import { createTempDir } from '../../test/helpers/temp-dir.ts';
import { messageOf } from './app-error.ts';
import { certificateTrouble, readTls, speaksTls, type TlsSettings } from './tls.ts';

function refusal(settings: TlsSettings): string {
  try {
    readTls('kafka.tls', settings);
  } catch (error) {
    return messageOf(error);
  }
  throw new Error('it was not refused');
}

test('certificates are taken as text and as files, and must belong to their key', () => {
  const folder = createTempDir('tls-test-');
  onTestFinished(folder.remove);
  const authority = new CertificateAuthority(folder.path);
  const [one, other] = [authority.issue('one'), authority.issue('other')];
  const ca = readFileSync(authority.certificate, 'utf8');
  const [cert, key] = [readFileSync(one.certificate, 'utf8'), readFileSync(one.key, 'utf8')];
  expect(readTls('kafka.tls', {})).toEqual({});
  expect(readTls('kafka.tls', { ca: authority.certificate, ...one })).toEqual({ ca, cert, key });
  expect(readTls('kafka.tls', { ca, certificate: cert, key })).toEqual({ ca, cert, key });
  expect(refusal({ certificate: one.certificate, key: other.key })).toBe(
    'kafka.tls.key is not the key of kafka.tls.certificate',
  );
  expect(refusal({ certificate: one.certificate })).toContain('kafka.tls.certificate is set without kafka.tls.key');
  expect(refusal({ ca: join(folder.path, 'absent.pem') })).toContain("can't read kafka.tls.ca: ENOENT");
  const broken = join(folder.path, 'broken.pem');
  writeFileSync(broken, 'no certificate');
  expect(refusal({ ca: broken })).toContain('kafka.tls.ca is not valid PEM');
  expect(refusal({ certificate: one.certificate, key: broken })).toContain('kafka.tls.key is not valid PEM');
});

test.each([
  ['CERT_HAS_EXPIRED', 'renewed on the server'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'set redis.tls.ca'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'redis.tls.serverName'],
  ['ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED', 'set redis.tls.certificate and redis.tls.key'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'of an authority that it trusts'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'renew redis.tls.certificate'],
])('what is wrong with a certificate is told with the setting to change: %s', (code, advice) => {
  expect(certificateTrouble('redis.tls', Object.assign(new Error(), { code }))).toContain(advice);
  expect(certificateTrouble('redis.tls', new Error(code))).toBeUndefined();
});

test('a server of TLS is told from others', async () => {
  const folder = createTempDir('tls-test-');
  onTestFinished(folder.remove);
  const { certificate, key } = new CertificateAuthority(folder.path).issue('server', { expired: true });
  const tls = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert: Bun.file(certificate), key: Bun.file(key) },
    socket: { data: () => {} },
  });
  const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  await once(plain, 'listening');
  onTestFinished(() => {
    tls.stop(true);
    plain.close();
  });
  expect(await speaksTls({ host: '127.0.0.1', port: tls.port }, 5_000)).toBe(true);
  expect(await speaksTls({ host: '127.0.0.1', port: Object(plain.address()).port }, 5_000)).toBe(false);
  expect(await speaksTls({ host: '127.0.0.1', port: 1 }, 5_000)).toBe(false);
});
