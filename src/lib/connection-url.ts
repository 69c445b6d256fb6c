import { type Address, formatAddress, parseAddress } from './address.ts';
import { AppError } from './app-error.ts';

/** A connection URL in parts, decoded; user, password and database are empty where absent. */
export interface ConnectionUrl {
  readonly scheme: string;
  readonly address: Address;
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
}

const POSTGRESQL: Kind = {
  title: 'PostgreSQL',
  schemes: ['postgres', 'postgresql'],
  form: 'postgres://user:password@host:port/database',
  port: 5432,
};
const REDIS: Kind = {
  title: 'Redis',
  schemes: ['redis', 'rediss'],
  form: 'redis://user:password@host:port/number, or rediss://… over TLS; of a cluster, several of them with commas between',
  port: 6379,
};

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
/** How a session is encrypted, as libpq names it. https://www.postgresql.org/docs/18/libpq-ssl.html */
export type SslMode = (typeof SSL_MODES)[number];

/** Parameters of libpq that this service takes only from the URL itself, so that they can't contradict it. */
const PARTS_OF_THE_URL = /^(host|hostaddr|port|user|password|dbname|path|socket|service|passfile)$/i;
/** Longest name PostgreSQL keeps, bytes (NAMEDATALEN − 1); a longer one is cut without an error. */
const LONGEST_NAME = 63;
/** Parameters whose values are not secret. */
const OPEN_PARAMETERS =
  /^(ssl|sslmode|tls|sslrootcert|channel_binding|application_name|connect_timeout|idle_timeout)$/i;

/**
 * The URL of a PostgreSQL database. A `%` of a password that begins no escape stands for itself.
 * @throws AppError `config_invalid`, which says what is wrong and shows nothing of what may be a secret
 */
export function parsePostgresqlUrl(text: string): ConnectionUrl {
  const url = parse(text, POSTGRESQL);
  const refuse = refusal(text, POSTGRESQL);
  for (const name of url.parameters.keys())
    if (PARTS_OF_THE_URL.test(name)) throw refuse(`has the parameter ${name}: write ${POSTGRESQL.form}`);
  const long = [url.user, url.database].some((name) => Buffer.byteLength(name) > LONGEST_NAME);
  if (long) throw refuse(`has a name of more than ${LONGEST_NAME} bytes, which PostgreSQL would cut`);
  const wanted = url.parameters.get('sslmode');
  if (wanted !== undefined && !SSL_MODES.some((mode) => mode === wanted))
    throw refuse(`has an unknown sslmode: it is one of ${SSL_MODES.join(', ')}`);
  return url;
}

/** The URL of a Redis, or of several nodes of a cluster. @throws AppError `config_invalid`, as `parsePostgresqlUrl` */
export function parseRedisUrls(text: string): ConnectionUrl[] {
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

/** The encryption a PostgreSQL URL asks for: none, unless it says so or names certificates. */
export function sslModeOf({ parameters }: ConnectionUrl): SslMode {
  const named = SSL_MODES.find((mode) => mode === parameters.get('sslmode'));
  if (named !== undefined) return named;
  const flag = parameters.get('ssl') ?? parameters.get('tls');
  if (flag !== undefined) return flag === 'false' || flag === '0' ? 'disable' : 'require';
  return [...parameters.keys()].some((name) => name.startsWith('ssl')) ? 'require' : 'disable';
}

/** The URL in the one spelling that every driver understands the same way. */
export function formatUrl(url: ConnectionUrl): string {
  const { scheme, address, user, password, database, parameters } = url;
  const secret = password === '' ? '' : `:${encodeURIComponent(password)}`;
  const login = user + secret === '' ? '' : `${encodeURIComponent(user)}${secret}@`;
  const path = database === '' ? '' : `/${encodeURIComponent(database)}`;
  const query = parameters.size === 0 ? '' : `?${new URLSearchParams([...parameters])}`;
  return `${scheme}://${login}${formatAddress(address)}${path}${query}`;
}

/** What may be shown of a connection URL, or of several: all but secrets if it is valid, else only the protocol. */
export function redactUrl(text: string): string {
  try {
    const urls = isOf(REDIS, text) ? parseRedisUrls(text) : [parsePostgresqlUrl(text)];
    return urls.map((url) => formatUrl(masked(url))).join(',');
  } catch {
    return outline(text);
  }
}

function masked(url: ConnectionUrl): ConnectionUrl {
  const shown = [...url.parameters].map(([name, value]) => [name, OPEN_PARAMETERS.test(name) ? value : '***']);
  // A lone name in the URL of a Redis is most likely a password that lost its colon.
  const lone = url.password === '' && url.user !== '' && REDIS.schemes.includes(url.scheme);
  return {
    ...url,
    user: lone ? '***' : url.user,
    password: url.password === '' ? '' : '***',
    parameters: new Map(shown as [string, string][]),
  };
}

function outline(text: string): string {
  const scheme = [...POSTGRESQL.schemes, ...REDIS.schemes].find((one) => text.startsWith(`${one}://`));
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
  const parts = /^([a-z]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/is.exec(text);
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
  if (where.includes('%')) throw refuse('names a socket file, and only hosts are supported');
  const address = where === '' ? `127.0.0.1:${kind.port}` : where;
  return {
    scheme,
    address: parseAddress(address, refuse('').message.trimEnd(), kind.port),
    user: decode(user, refuse),
    password: decode(password.join(':'), refuse),
    database: decode(path.slice(1), refuse),
    parameters: new Map(new URLSearchParams(query)),
  };
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
