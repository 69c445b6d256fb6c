import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/lib/app-error.ts';
import { CacheInspector } from '../../src/storage/redis/cache-inspector.ts';
import { cached, complaint, ONE_DATABASE } from '../helpers/cache-setup.ts';
import { type Certificate, CertificateAuthority } from '../helpers/certificates.ts';
import { freePort } from '../helpers/free-port.ts';
import { useCaches } from '../helpers/redis-caches.ts';
import { RedisProcess } from '../helpers/redis-process.ts';
import { storedDocument } from '../helpers/stored-order.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const folder = createTempDir('test-redis-tls-');
const authority = new CertificateAuthority(join(folder.path, 'own'));
const stranger = new CertificateAuthority(join(folder.path, 'stranger'));
const certificates = {
  good: authority.issue('server'),
  expired: authority.issue('expired', { expired: true }),
  elsewhere: authority.issue('elsewhere', { names: ['redis.example'] }),
};
const client = authority.issue('client');
const open = useCaches({ l1Bytes: 1_000_000 });
/** Each also listens without TLS. */
const servers = new Map<string, { server: RedisProcess; tlsPort: number }>();

async function start(name: string, { certificate, key }: Certificate, clients: 'no' | 'yes'): Promise<void> {
  const tlsPort = await freePort();
  const trust = ['--tls-ca-cert-file', authority.certificate, '--tls-auth-clients', clients];
  const own = ['--tls-cert-file', certificate, '--tls-key-file', key];
  servers.set(name, { tlsPort, server: await RedisProcess.start('--tls-port', String(tlsPort), ...own, ...trust) });
}

beforeAll(async () => {
  await Promise.all([
    ...Object.entries(certificates).map(([name, certificate]) => start(name, certificate, 'no')),
    start('strict', certificates.good, 'yes'),
  ]);
});
afterAll(async () => {
  await Promise.all([...servers.values()].map(({ server }) => server.close()));
  folder.remove();
});

function serverOf(name: string): RedisProcess {
  const found = servers.get(name);
  if (found === undefined) throw new Error(`no server ${name}`);
  return found.server;
}

function tlsUrl(name: string, login = ''): string {
  return `rediss://${login}127.0.0.1:${servers.get(name)?.tlsPort}/0`;
}

const trusting = { ca: authority.certificate };

describe('over TLS', () => {
  test('the cache works, and names the server by its certificate', async () => {
    const pem = readFileSync(authority.certificate, 'utf8');
    for (const place of [
      { url: tlsUrl('good'), tls: trusting },
      { url: tlsUrl('strict'), tls: { ca: pem, ...client } },
      { url: tlsUrl('elsewhere'), tls: { ...trusting, serverName: 'redis.example' } },
    ]) {
      const setup = await open(place);
      setup.rows.set('a', storedDocument('a'));
      await cached(setup, 'a');
      await until(async () => (await setup.reader.find('a'))?.tier === 'l1');
    }
  });

  test.each([
    ['an authority that is not trusted', 'good', {}, /^no secure connection to Redis at .*: set redis\.tls\.ca/],
    ['another authority', 'good', { ca: stranger.certificate }, /set redis\.tls\.ca/],
    ['an expired certificate', 'expired', trusting, /has expired: it has to be renewed on the server/],
    ['another name', 'elsewhere', trusting, /redis\.tls\.serverName/],
    ['no certificate of ours', 'strict', trusting, /set redis\.tls\.certificate and redis\.tls\.key/],
    ['a foreign one', 'strict', { ...trusting, ...stranger.issue('client') }, /refuses our certificate/],
    [
      'an expired one',
      'strict',
      { ...trusting, ...authority.issue('old', { expired: true }) },
      /renew redis\.tls\.cert/,
    ],
  ])('%s is told with the setting to change', async (_, server, tls, sentence) => {
    const told = await complaint({ url: tlsUrl(server), tls });
    expect(told?.trouble).toBe('insecure');
    expect(told?.message).toMatch(sentence);
  });

  test('TLS without TLS, and the other way round', async () => {
    const secret = 'S3cret';
    const toTls = await complaint({ url: tlsUrl('good', `:${secret}@`).replace('rediss:', 'redis:') });
    const toPlain = await complaint({ url: serverOf('good').url.replace('redis://', `rediss://:${secret}@`) });
    expect(toTls?.message).toMatch(/^Redis at .* speaks TLS: write rediss:\/\/ instead of redis:\/\/ in redis\.url/);
    expect(toPlain?.message).toMatch(/^Redis at .* does not speak TLS: write redis:\/\/ instead of rediss:\/\//);
    expect(`${toTls}${toPlain}`).not.toContain(secret);
  });

  test('a renewed certificate and another password count from the next connection on', async () => {
    const server = serverOf('strict');
    const [passwordFile, certificate, key] = ['password', 'pem', 'key'].map((name) => join(folder.path, name));
    const write = (password: string, { certificate: pem, key: pemKey }: Certificate): void => {
      writeFileSync(passwordFile ?? '', `${password}\n`);
      writeFileSync(certificate ?? '', readFileSync(pem));
      writeFileSync(key ?? '', readFileSync(pemKey));
    };
    const rights = ['on', 'resetpass', '~*', '+@all'];
    await server.command(['ACL', 'SETUSER', 'app', ...rights, '>first']);
    write('first', client);
    const tls = { ...trusting, certificate: certificate ?? '', key: key ?? '' };
    const setup = await open({ url: tlsUrl('strict', 'app@'), passwordFile: passwordFile ?? '', tls });
    write('second', authority.issue('renewed'));
    // Redis ends the connections of a user that changes its password.
    await server.command(['ACL', 'SETUSER', 'app', ...rights, '>second']);
    await server.command(['CLIENT', 'KILL', 'USER', 'app']);
    await until(() => !setup.connection.up);
    await until(() => setup.connection.up);
    write('third', client);
    await server.command(['CLIENT', 'KILL', 'USER', 'app']);
    await until(() => setup.connection.failure?.trouble === 'no_permission');
    expect(setup.connection.failure?.message).toMatch(/WRONGPASS.*redis\.passwordFile$/);
  });
});

/** The line of docs/your-engines.md. */
const RIGHTS = /ACL SETUSER (\S+) on >\S+ ((?:.|\\\n)*?)\n```/.exec(
  readFileSync(new URL('../../docs/your-engines.md', import.meta.url), 'utf8'),
);
const rights = (RIGHTS?.[2] ?? '').split(/[\s\\]+/).map((word) => word.replace('test-service:', 'least:'));

describe('a user with the rights that the documentation lists', () => {
  const url = (): string => serverOf('good').url.replace('redis://', 'redis://least:pw@');
  const grant = (...words: string[]) =>
    serverOf('good').command(['ACL', 'SETUSER', 'least', 'reset', 'on', '>pw', ...words]);

  test('can do all that a cache does, and nothing more', async () => {
    await grant(...rights);
    await serverOf('good').command(['ACL', 'LOG', 'RESET']);
    const setup = await open(url(), { keyPrefix: 'least', database: ONE_DATABASE, ownerEveryMs: 20, maxMissed: 1 });
    const inspector = new CacheInspector(setup.connection, setup.cache, setup.prefix);
    for (const uid of ['a', 'b']) setup.rows.set(uid, storedDocument(uid));
    for (const uid of ['a', 'b']) await cached(setup, uid);
    await until(async () => (await setup.reader.find('a'))?.tier === 'l1');
    expect(await setup.reader.find('absent')).toBeUndefined();
    expect(await setup.cache.invalidate(['a'])).toBe(true);
    expect((await inspector.keys({}, 10))?.keys.map(({ uid }) => uid)).toContain('b');
    expect((await inspector.overview()).redis.nodes).toMatchObject([{ tracked: true, usedBytes: expect.any(Number) }]);
    expect((await inspector.find('b')).redis?.document).toBeDefined();
    await inspector.flush();
    // Past its limit it sweeps, on another connection.
    await setup.cache.invalidate(['a', 'b']);
    await until(() => setup.connection.up);
    await setup.cache.ping();
    const log = await serverOf('good').command(['ACL', 'LOG']);
    expect(JSON.stringify(log)).not.toMatch(/"command"/);
    await setup.cache.close();
    const unused: string[] = [];
    const used = String(await serverOf('good').command(['INFO', 'commandstats']));
    for (const word of rights)
      if (word.startsWith('+') && !used.includes(`cmdstat_${word.slice(1)}:`)) unused.push(word);
    expect(unused).toEqual([]);
  });

  test('is told which right is missing', async () => {
    for (const word of ['+set', '+eval', '+mget', '+get', '+unlink', '+scan', '+ping']) {
      await grant(...rights.filter((one) => one !== word));
      const told = await complaint({ url: url() });
      expect([word, told?.trouble, messageOf(told)]).toEqual([
        word,
        'no_permission',
        expect.stringContaining(`ACL SETUSER least ${word}`),
      ]);
    }
    await grant(...rights.filter((word) => !word.startsWith('~')), '~other:*');
    expect((await complaint({ url: url() }))?.message).toContain('ACL SETUSER least ~PREFIX:*');
    await grant(...rights, 'off');
    await serverOf('good').command(['ACL', 'LOG', 'RESET']);
    expect((await complaint({ url: url() }))?.message).toContain('check the user and password in redis.url');
    // A second attempt might lock the user out.
    expect(await serverOf('good').command(['ACL', 'LOG'])).toMatchObject([{ count: 1, reason: 'auth' }]);
  });
});
