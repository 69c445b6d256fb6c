import { expect, test } from 'bun:test';
import { type ConfigProblem, ConfigSection } from './config-section.ts';
import { checkKafka } from './kafka-problems.ts';

function problems(section: object): string[] {
  const found: ConfigProblem[] = [];
  checkKafka(new ConfigSection({ kafka: section }, 'kafka', found));
  return found.map(({ path, message }) => `${path} ${message}`);
}

const sasl = (settings: object): string[] => problems({ sasl: settings });
const client = { mechanism: 'OAUTHBEARER', clientId: 'c', clientSecret: 's' };

test('a login needs all that its mechanism uses, and nothing else', () => {
  expect(sasl({ mechanism: 'none' })).toEqual([]);
  expect(sasl({ mechanism: 'PLAIN', username: 'u', password: 'p' })).toEqual([]);
  expect(sasl({ ...client, tokenUrl: 'https://id.example/token', scope: 'kafka' })).toEqual([]);
  expect(sasl({ mechanism: 'none', password: 'p' })).toEqual([
    'kafka.sasl.password has no effect with kafka.sasl.mechanism: none',
  ]);
  expect(sasl({ mechanism: 'SCRAM-SHA-512', clientId: 'c' })).toEqual([
    'kafka.sasl.clientId has no effect with kafka.sasl.mechanism: SCRAM-SHA-512',
    'kafka.sasl.username is needed for SCRAM-SHA-512',
    'kafka.sasl.password is needed for SCRAM-SHA-512, or kafka.sasl.passwordFile',
  ]);
  expect(sasl({ mechanism: 'OAUTHBEARER', username: 'u' })).toHaveLength(4);
  expect(sasl({ mechanism: 'PLAIN', username: 'u', passwordFile: '/absent' })).toEqual([
    expect.stringContaining("kafka.sasl.password is wrong: can't read kafka.sasl.passwordFile"),
  ]);
});

test('the secret of a client goes nowhere unencrypted', () => {
  for (const tokenUrl of ['http://id.example/token', 'https://u:p@id.example', 'id.example', 'ftp://127.0.0.1'])
    expect(sasl({ ...client, tokenUrl })).toEqual([
      expect.stringContaining('kafka.sasl.tokenUrl must be an https:// URL'),
    ]);
  expect(sasl({ ...client, tokenUrl: 'http://127.0.0.1:1/token' })).toEqual([]);
});

test('certificates are checked, and must not be there in vain', () => {
  expect(problems({ tls: { enabled: false, ca: 'ca.pem' } })).toEqual([
    'kafka.tls.ca has no effect without kafka.tls.enabled: true',
  ]);
  expect(problems({ tls: { enabled: true, serverName: '10.0.0.1' } })).toEqual([
    'kafka.tls.serverName must be a host name, not an address',
  ]);
  expect(problems({ tls: { enabled: true, certificate: 'c.pem' } })).toEqual([
    'kafka.tls is wrong: kafka.tls.certificate is set without kafka.tls.key: they go together',
  ]);
  expect(problems({ tls: { enabled: true, ca: '-----BEGIN nonsense' } })).toEqual([
    expect.stringContaining('kafka.tls is wrong: kafka.tls.ca is not valid PEM'),
  ]);
});
