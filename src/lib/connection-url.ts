import { type Address, formatAddress, isSocket, parseAddress } from './address.ts';
import { AppError } from './app-error.ts';
import type { TlsSettings } from './tls.ts';

/** A connection URL in parts, decoded; user, password and database are empty where absent. */
export interface ConnectionUrl {
  readonly scheme: string;
  /** One at least. A host that is an absolute path is the folder of a socket. */
  readonly addresses: readonly [Address, ...Address[]];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly parameters: ReadonlyMap<string, string>;
}

interface Kind {
  readonly title: string;
  readonly schemes: readonly string[];
  readonly form: string;
  readonly port: number;
  /** A URL may name several hosts, and sockets. */
  readonly several: boolean;
}

const POSTGRESQL: Kind = {
  title: 'PostgreSQL',
  schemes: ['postgres', 'postgresql'],
  form: 'postgres://user:password@host:port/database, with commas between several hosts',
  port: 5432,
  several: true,
};
const REDIS: Kind = {
  title: 'Redis',
  schemes: ['redis', 'rediss'],
  form: 'redis://user:password@host:port/number, or rediss://… over TLS; of a cluster, several of them with commas between',
  port: 6379,
  several: false,
};
const SENTINEL: Kind = {
  title: 'Redis Sentinel',
  schemes: ['redis+sentinel', 'rediss+sentinel'],
  form: 'redis+sentinel://user:password@host:port,host:port/primary/number, or rediss+sentinel://… over TLS',
  port: 26_379,
  several: true,
};

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
/** How a session is encrypted, as libpq names it. https://www.postgresql.org/docs/18/libpq-ssl.html */
export type SslMode = (typeof SSL_MODES)[number];

const TARGETS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
/** Which of several servers sessions go to. https://www.postgresql.org/docs/18/libpq-connect.html */
export type TargetServer = (typeof TARGETS)[number];

/** Parameters of libpq that this service takes only from the URL itself, so that they can't contradict it. */
const PARTS_OF_THE_URL = /^(host|hostaddr|port|user|password|dbname|path|socket|service|passfile)$/i;
/** Longest name PostgreSQL keeps, bytes (NAMEDATALEN − 1); a longer one is cut without an error. */
const LONGEST_NAME = 63;
/** Parameters whose values are not secret. */
const OPEN_PARAMETERS =
  /^(ssl|sslmode|tls|sslrootcert|channel_binding|target_session_attrs|application_name|connect_timeout|idle_timeout)$/i;

/**
 * The URL of a PostgreSQL database. A `%` of a password that begins no escape stands for itself. The folder of a socket
 * is a host, `%2Fvar%2Frun%2Fpostgresql`, or follows a URL without hosts: `?host=/var/run/postgresql&port=5433`.
 * @throws AppError `config_invalid`, which says what is wrong and shows nothing of what may be a secret
 */
export function parsePostgresqlUrl(text: string): ConnectionUrl {
  const refuse = refusal(text, POSTGRESQL);
  const url = parse(text, POSTGRESQL);
  for (const name of url.parameters.keys())
    if (PARTS_OF_THE_URL.test(name)) throw refuse(`has the parameter ${name}: write ${POSTGRESQL.form}`);
  const long = [url.user, url.database].some((name) => Buffer.byteLength(name) > LONGEST_NAME);
  if (long) throw refuse(`has a name of more than ${LONGEST_NAME} bytes, which PostgreSQL would cut`);
  const wanted = url.parameters.get('sslmode');
  if (wanted !== undefined && !SSL_MODES.some((mode) => mode === wanted))
    throw refuse(`has an unknown sslmode: it is one of ${SSL_MODES.join(', ')}`);
  const target = url.parameters.get('target_session_attrs') ?? 'any';
  if (!TARGETS.some((one) => one === target))
    throw refuse(`has unknown target_session_attrs: it is one of ${TARGETS.join(', ')}`);
  return url;
}

/** The URL of a Redis; or of a Sentinel, with the name by which it knows the primary. */
export interface RedisUrl extends ConnectionUrl {
  readonly primary?: string;
}

/**
 * The URL of a Redis, those of several nodes of a cluster, or those of the Sentinels that one URL names.
 * @throws AppError `config_invalid`, as `parsePostgresqlUrl`
 */
export function parseRedisUrls(text: string): RedisUrl[] {
  if (isOf(SENTINEL, text)) return parseSentinelUrl(text);
  const texts = text.split(',');
  if (texts.length > 1 && !texts.every((one) => isOf(REDIS, one)))
    throw refusal(text, REDIS)('has a comma: several URLs are each whole, and in a password it is written %2C');
  return texts.map((one) => {
    const url = parse(one, REDIS);
    if (url.parameters.size > 0) throw refusal(one, REDIS)('has parameters, and none is supported');
    if (/^\d{0,5}$/.test(url.database)) return url;
    throw refusal(one, REDIS)('names a database that is not a number');
  });
}

/** One for each Sentinel. */
function parseSentinelUrl(text: string): RedisUrl[] {
  const refuse = refusal(text, SENTINEL);
  const url = parse(text, SENTINEL);
  if (url.addresses.some(({ host }) => host.startsWith('/')))
    throw refuse('names a socket, and only hosts are supported');
  if (url.parameters.size > 0) throw refuse('has parameters, and none is supported');
  const [, primary, database = ''] = /^([\w.-]+)(?:\/(\d{0,5}))?$/.exec(url.database) ?? [];
  if (primary === undefined) throw refuse(`must end in /primary or /primary/number: ${SENTINEL.form}`);
  return url.addresses.map((address) => ({ ...url, addresses: [address], primary, database }));
}

/** The URLs in the spelling that `parseRedisUrls` reads the same way. */
export function formatRedisUrls(urls: readonly RedisUrl[]): string {
  const [first] = urls;
  if (first?.primary === undefined) return urls.map(formatUrl).join();
  const hosts = urls.flatMap(({ addresses }) => addresses.map(formatAddress)).join();
  const database = first.database === '' ? '' : `/${first.database}`;
  return `${first.scheme}://${login(first)}${hosts}/${first.primary}${database}`;
}

/** The encryption asked for by a PostgreSQL URL and certificates beside it: none, unless one of them says so. */
export function sslModeOf({ parameters }: ConnectionUrl, { ca = '', certificate = '' }: TlsSettings = {}): SslMode {
  const named = SSL_MODES.find((mode) => mode === parameters.get('sslmode'));
  if (named !== undefined) return named;
  const flag = parameters.get('ssl') ?? parameters.get('tls');
  if (flag !== undefined) return flag === 'false' || flag === '0' ? 'disable' : 'require';
  if (ca !== '' || parameters.has('sslrootcert')) return 'verify-full';
  return certificate !== '' || parameters.has('sslcert') ? 'require' : 'disable';
}

/**
 * Which of its servers a PostgreSQL URL means. One of several hosts that does not say takes writes if there is one: the
 * first that answers, libpq's choice, may be a standby.
 */
export function targetOf({ addresses, parameters }: ConnectionUrl): TargetServer | 'prefer-read-write' {
  const named = TARGETS.find((target) => target === parameters.get('target_session_attrs'));
  return named ?? (addresses.length > 1 ? 'prefer-read-write' : 'any');
}

/** The URL in the one spelling that every driver understands the same way. */
export function formatUrl(url: ConnectionUrl): string {
  const { scheme, addresses, database, parameters } = url;
  const path = database === '' ? '' : `/${encodeURIComponent(database)}`;
  const query = parameters.size === 0 ? '' : `?${new URLSearchParams([...parameters])}`;
  const hosts = addresses.map(({ host, port }) =>
    isSocket(host) ? `${encodeURIComponent(host)}:${port}` : formatAddress({ host, port }),
  );
  return `${scheme}://${login(url)}${hosts.join(',')}${path}${query}`;
}

function login({ user, password }: ConnectionUrl): string {
  const secret = password === '' ? '' : `:${encodeURIComponent(password)}`;
  return user + secret === '' ? '' : `${encodeURIComponent(user)}${secret}@`;
}

/** What may be shown of a connection URL, or of several: all but secrets if it is valid, else only the protocol. */
export function redactUrl(text: string): string {
  try {
    if (isOf(POSTGRESQL, text)) return formatUrl(masked(parsePostgresqlUrl(text)));
    return formatRedisUrls(parseRedisUrls(text).map(masked));
  } catch {
    return outline(text);
  }
}

function masked<T extends ConnectionUrl>(url: T): T {
  const shown = [...url.parameters].map(([name, value]) => [name, OPEN_PARAMETERS.test(name) ? value : '***']);
  // A lone name in the URL of a Redis is most likely a password that lost its colon.
  const lone = url.password === '' && url.user !== '' && !POSTGRESQL.schemes.includes(url.scheme);
  return {
    ...url,
    user: lone ? '***' : url.user,
    password: url.password === '' ? '' : '***',
    parameters: new Map(shown as [string, string][]),
  };
}

function outline(text: string): string {
  const scheme = [POSTGRESQL, REDIS, SENTINEL]
    .flatMap(({ schemes }) => schemes)
    .find((one) => text.startsWith(`${one}://`));
  return scheme === undefined ? '***' : `${scheme}://***`;
}

function isOf({ schemes }: Kind, text: string): boolean {
  return schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}:`));
}

function refusal(text: string, { title }: Kind): (why: string) => AppError {
  return (why) => new AppError('config_invalid', `the URL of ${title} (${outline(text)}) ${why}`);
}

/** Not by WHATWG's parser: it takes a raw `/` of a password for the end of the host, and drops line ends silently. */
function parse(text: string, kind: Kind): ConnectionUrl {
  const refuse = refusal(text, kind);
  const parts = /^([a-z+]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/is.exec(text);
  const [, protocol = '', authority = '', path = '', query = '', fragment] = parts ?? [];
  const scheme = protocol.toLowerCase();
  if (!kind.schemes.includes(scheme)) throw refuse(`must be ${kind.form}`);
  if (/[\s\p{Cc}]/u.test(text)) throw refuse('has white space in it: a space is written %20');
  if (fragment !== undefined || `${path}${query}`.includes('@')) {
    const escapes = '/ is written %2F, ? %3F, # %23, @ %40 and % %25';
    throw refuse(`has an @ or # after its host: in a user name, password or database ${escapes}`);
  }
  const at = authority.lastIndexOf('@');
  const [user = '', ...password] = authority.slice(0, Math.max(0, at)).split(':');
  const where = authority.slice(at + 1);
  const parameters = new Map(new URLSearchParams(query));
  const hosts = where || (kind.several && takeSocket(parameters)) || `127.0.0.1:${kind.port}`;
  const [first, ...others] = kind.several ? hosts.split(',') : [hosts];
  const read = (host = ''): Address => parseHost(host, kind, refuse);
  return {
    scheme,
    addresses: [read(first), ...others.map(read)],
    user: decode(user, refuse),
    password: decode(password.join(':'), refuse),
    database: decode(path.slice(1), refuse),
    parameters,
  };
}

/** Takes a socket's folder and number out of the parameters, as it stands before the path of a URL. */
function takeSocket(parameters: Map<string, string>): string | undefined {
  const folder = parameters.get('host');
  if (folder?.startsWith('/') !== true) return undefined;
  const port = parameters.get('port') ?? String(POSTGRESQL.port);
  for (const name of ['host', 'port']) parameters.delete(name);
  return `${encodeURIComponent(folder)}:${port}`;
}

function parseHost(text: string, kind: Kind, refuse: (why: string) => AppError): Address {
  const what = refuse('').message.trimEnd();
  if (!text.includes('%')) return parseAddress(text, what, kind.port);
  const [, folder = '', port = ''] = /^([^:]*)(:[^:]*)?$/.exec(text) ?? [];
  const host = decode(folder, refuse);
  if (!kind.several || !host.startsWith('/')) throw refuse('has a % in its host, and only hosts are supported there');
  return { host, port: parseAddress(`socket${port}`, what, kind.port).port };
}

function decode(text: string, refuse: (why: string) => AppError): string {
  try {
    const plain = decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
    if (plain.isWellFormed() && !plain.includes('\0')) return plain;
  } catch {
    // Said below.
  }
  throw refuse('has a %XX that is not UTF-8 text: a literal % is written %25');
}
