import { describe, expect, test } from 'bun:test';
import { messageOf } from './app-error.ts';
import {
  formatRedisUrls,
  formatUrl,
  parsePostgresqlUrl,
  parseRedisUrls,
  redactUrl,
  sslModeOf,
  targetOf,
} from './connection-url.ts';

const parseFirst = { postgres: parsePostgresqlUrl, redis: (text: string) => parseRedisUrls(text)[0] };

function refusalOf(text: string): string {
  try {
    (/^(postgres|jdbc|host|mysql)/.test(text) ? parsePostgresqlUrl : parseRedisUrls)(text);
  } catch (error) {
    expect(error).toMatchObject({ name: 'AppError', code: 'config_invalid' });
    return messageOf(error);
  }
  throw new Error(`${text} was taken`);
}

describe('a connection URL', () => {
  test('is read in parts, with the default port and host', () => {
    expect(parsePostgresqlUrl('postgresql://a%40b:p%3Aw@db.example:6000/x')).toEqual({
      scheme: 'postgresql',
      addresses: [{ host: 'db.example', port: 6000 }],
      user: 'a@b',
      password: 'p:w',
      database: 'x',
      parameters: new Map(),
    });
    expect(parsePostgresqlUrl('postgres:///x').addresses).toEqual([{ host: '127.0.0.1', port: 5432 }]);
    expect(parseRedisUrls('redis://h').at(0)?.addresses).toEqual([{ host: 'h', port: 6379 }]);
    expect(parseRedisUrls('rediss://[::1]:7000').at(0)?.addresses).toEqual([{ host: '::1', port: 7000 }]);
    expect(parseRedisUrls('redis://a:1,redis://b:2/0').map(({ addresses }) => addresses[0].host)).toEqual(['a', 'b']);
  });

  test('names Sentinels, and the primary they know', () => {
    const text = 'rediss+sentinel://a:1@a:1,[::1]:7000,b/my.primary-1/2';
    const urls = parseRedisUrls(text);
    expect(urls).toMatchObject([
      { scheme: 'rediss+sentinel', addresses: [{ host: 'a', port: 1 }], primary: 'my.primary-1', database: '2' },
      { addresses: [{ host: '::1', port: 7000 }], primary: 'my.primary-1' },
      { addresses: [{ host: 'b', port: 26_379 }], user: 'a', password: '1' },
    ]);
    expect(formatRedisUrls(urls)).toBe(text.replace(',b/', ',b:26379/'));
    for (const same of ['redis+sentinel://h:1/m', 'redis://u:p@a:1/0,redis://u:p@b:2/0'])
      expect(formatRedisUrls(parseRedisUrls(same))).toBe(same);
    expect(redactUrl('redis+sentinel://u:secret@a:1,b:2/m')).toBe('redis+sentinel://u:***@a:1,b:2/m');
  });

  test.each([
    ['postgres://u:50%@h/d', '50%'],
    ['postgres://u:%zz%@h/d', '%zz%'],
    ['postgres://u:a:b@c@h/d', 'a:b@c'],
    ['postgres://u:[x]|"^@h/d', '[x]|"^'],
    ['redis://:p%25%@h', 'p%%'],
  ] as const)('takes signs of a password that have no meaning: %s', (text, password) => {
    const url = parseFirst[text.startsWith('redis') ? 'redis' : 'postgres'](text);
    expect(url).toMatchObject({ password, addresses: [{ host: 'h' }] });
    if (url === undefined) throw new Error('no URL');
    const standard = new URL(formatUrl(url));
    expect(decodeURIComponent(standard.password)).toBe(password);
    expect(standard.hostname).toBe('h');
  });

  test('keeps the spelling of one that has the usual', () => {
    for (const text of ['postgres://u:p@127.0.0.1:5432/d?sslmode=require', 'postgresql://u@[::1]:1/d'])
      expect(formatUrl(parsePostgresqlUrl(text))).toBe(text);
  });

  test.each([
    ['redis://u:S3cret@a:1,b:2/0', 'has a comma: several URLs are each whole'],
    ['postgres://u:S3cret@a:1,,b:2/d', 'is not host:port'],
    ['postgres://u:S3cret@a%41:1/d', 'has a % in its host'],
    ['postgres://u:S3cret@%2Frun:0/d', 'has no port from 1 to 65535'],
    ['postgres://u:S3cret@h/d?host=/run', 'has the parameter host'],
    ['postgres:///d?host=/run&port=S3cret', 'has no port from 1 to 65535'],
    ['postgres://u:S3cret@h/d?target_session_attrs=S3cret', 'has unknown target_session_attrs'],
    ['postgres://u:S3c/ret@h:5432/d', 'has an @ or # after its host'],
    ['postgres://u:S3c#ret@h:5432/d', 'has an @ or # after its host'],
    ['postgres://u:S3c?ret@h:5432/d', 'has an @ or # after its host'],
    ['postgres://u:S3cret @h/d', 'has white space in it'],
    ['postgres://u:S3cret%ff@h/d', 'has a %XX that is not UTF-8 text'],
    ['postgres://u:S3cret@h:port/d', 'has no port from 1 to 65535'],
    ['postgres://u:S3cret@::1/d', 'is an IPv6 address without brackets'],
    ['postgres://h/d?password=S3cret', 'has the parameter password: write postgres://user:password@host'],
    ['postgres://h/d?host=other', 'has the parameter host'],
    ['postgres://h/d?sslmode=S3cret', 'has an unknown sslmode'],
    [`postgres://h/${'é'.repeat(32)}`, 'has a name of more than 63 bytes'],
    ['host=127.0.0.1 user=app password=S3cret', 'must be postgres://user:password@host:port/database'],
    ['jdbc:postgresql://h/d?user=app&password=S3cret', 'must be postgres://'],
    ['mysql://u:S3cret@h/d', 'must be postgres://'],
    ['127.0.0.1:6379,password=S3cret', 'several URLs are each whole'],
    ['redis://:S3c/ret@127.0.0.1:6379', 'has an @ or # after its host'],
    ['redis://:S3c,ret@127.0.0.1:6379', 'in a password it is written %2C'],
    ['redis://h/S3cret', 'names a database that is not a number'],
    ['redis://h?password=S3cret', 'has parameters, and none is supported'],
    ['redis+sentinel://u:S3cret@h:1', 'must end in /primary or /primary/number'],
    ['redis+sentinel://u:S3cret@h:1/name/x', 'must end in /primary'],
    ['redis+sentinel://u:S3cret@h:1,/name', 'is not host:port'],
    ['redis+sentinel://u:S3cret@%2Frun/name', 'names a socket'],
    ['redis+sentinel://u:S3c/ret@h:1/name', 'has an @ or # after its host'],
    ['redis+sentinel://h:1/name?password=S3cret', 'has parameters'],
  ])('that is wrong says why, and shows no secret: %s', (text, why) => {
    const message = refusalOf(text);
    expect(message).toContain(why);
    expect(message).toContain('***');
    expect(message).not.toMatch(/S3c|ret@/);
    expect(redactUrl(text)).toMatch(/^((postgres|rediss?(\+sentinel)?):\/\/)?\*\*\*$/);
  });

  test('names several hosts, and sockets, in the ways people write them', () => {
    const addresses = (text: string) => parsePostgresqlUrl(text).addresses;
    const socket = { host: '/run/pg', port: 5432 };
    expect(addresses('postgres://u:p@%2Frun%2Fpg/d')).toEqual([socket]);
    expect(addresses('postgres:///d?host=/run/pg')).toEqual([socket]);
    expect(addresses('postgres:///d?host=%2Frun%2Fpg&port=6000')).toEqual([{ ...socket, port: 6000 }]);
    const several = 'postgres://u:p@a:5432,[::1]:6000,%2Frun%2Fpg:5432/d?target_session_attrs=read-write';
    expect(addresses(several)).toEqual([{ host: 'a', port: 5432 }, { host: '::1', port: 6000 }, socket]);
    expect(formatUrl(parsePostgresqlUrl(several))).toBe(several);
    expect(redactUrl(several)).toBe(several.replace(':p@', ':***@'));
    expect(targetOf(parsePostgresqlUrl(several))).toBe('read-write');
    expect(targetOf(parsePostgresqlUrl('postgres://a,b/d'))).toBe('prefer-read-write');
    expect(targetOf(parsePostgresqlUrl('postgres://a/d'))).toBe('any');
  });

  test('is shown without what may be a secret', () => {
    expect(redactUrl('postgres://u:p%40ss@h:5432/d?sslpassword=x&sslmode=require')).toBe(
      'postgres://u:***@h:5432/d?sslpassword=***&sslmode=require',
    );
    expect(redactUrl('redis://:secret@a:1/0,rediss://u:secret@b:2')).toBe('redis://:***@a:1/0,rediss://u:***@b:2');
    expect(redactUrl('redis://secret@h:1')).toBe('redis://***@h:1');
  });

  test('asks for encryption in the ways people write it', () => {
    const mode = (query: string) => sslModeOf(parsePostgresqlUrl(`postgres://h/d${query}`));
    expect(['', '?sslmode=verify-full', '?ssl=true', '?tls=0', '?sslrootcert=/ca.pem'].map(mode)).toEqual([
      'disable',
      'verify-full',
      'require',
      'disable',
      'verify-full',
    ]);
    expect(sslModeOf(parsePostgresqlUrl('postgres://h/d'), { ca: '/ca.pem' })).toBe('verify-full');
    expect(sslModeOf(parsePostgresqlUrl('postgres://h/d?sslmode=verify-ca'), { ca: '/ca.pem' })).toBe('verify-ca');
  });
});
