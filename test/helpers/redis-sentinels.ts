import { type Certificate, CertificateAuthority } from './certificates.ts';
import { freePorts } from './free-port.ts';
import { RedisProcess } from './redis-process.ts';
import { createTempDir } from './temp-dir.ts';
import { until } from './until.ts';

/** What the Sentinels call the primary. */
const NAME = 'cache';
const USER = ['--user', 'app', 'on', '>app-pw', '~*', '&*', '+@all'];

/**
 * A primary, a replica, and three Sentinels of the test's own. All talk over TLS, and listen without it for the test's
 * commands. Users: `app` with the password `app-pw` at Redis, `watcher` with `watcher-pw` at the Sentinels.
 */
export class RedisSentinels {
  readonly primary: RedisProcess;
  readonly replica: RedisProcess;
  readonly sentinels: readonly RedisProcess[];
  readonly authority: CertificateAuthority;
  readonly #certificate: Certificate;
  readonly #tlsPorts: readonly number[];
  readonly #removeFolder: () => void;

  private constructor(
    [primary, replica, ...sentinels]: readonly RedisProcess[],
    tlsPorts: readonly number[],
    authority: CertificateAuthority,
    certificate: Certificate,
    removeFolder: () => void,
  ) {
    if (primary === undefined || replica === undefined) throw new Error('no servers');
    this.primary = primary;
    this.replica = replica;
    this.sentinels = sentinels;
    this.authority = authority;
    this.#certificate = certificate;
    this.#tlsPorts = tlsPorts;
    this.#removeFolder = removeFolder;
  }

  /** Resolves when the Sentinels know each other and the replica. */
  static async start(): Promise<RedisSentinels> {
    const folder = createTempDir('test-sentinels-');
    const authority = new CertificateAuthority(folder.path);
    const certificate = authority.issue('server');
    const ports = await freePorts(5);
    const [primaryPort, replicaPort, ...others] = ports.map(String);
    const tls = (port = ''): string[] => tlsOptions(port, authority, certificate);
    const more = [...USER, '--repl-diskless-sync-delay', '0'];
    const primary = await RedisProcess.start(...tls(primaryPort), ...more);
    const replica = await RedisProcess.start(
      ...tls(replicaPort),
      ...more,
      '--replicaof',
      '127.0.0.1',
      primaryPort ?? '',
    );
    const monitor = monitoring(primaryPort);
    const sentinels = await Promise.all(others.map((port) => RedisProcess.start(monitor, '--sentinel', ...tls(port))));
    const made = new RedisSentinels([primary, replica, ...sentinels], ports, authority, certificate, folder.remove);
    await until(async () => {
      const known = await Promise.all(sentinels.map((one) => one.command(['SENTINEL', 'CKQUORUM', NAME])));
      const told = await Promise.all(sentinels.map((one) => one.command(['SENTINEL', 'REPLICAS', NAME])));
      return (
        known.every((text) => String(text).includes('3 usable')) && told.every((list) => Object(list).length === 1)
      );
    });
    return made;
  }

  /** One more Sentinel, which knows of no failover, and a server that it takes for the primary. */
  async startStale(): Promise<{ readonly sentinel: RedisProcess; readonly tlsPort: number; close(): Promise<void> }> {
    const [serverPort = 0, tlsPort = 0] = await freePorts(2);
    const tls = (port: number): string[] => tlsOptions(String(port), this.authority, this.#certificate);
    const server = await RedisProcess.start(...tls(serverPort), ...USER);
    const sentinel = await RedisProcess.start(monitoring(String(serverPort)), '--sentinel', ...tls(tlsPort));
    const close = async (): Promise<void> => void (await Promise.all([server.close(), sentinel.close()]));
    return { sentinel, tlsPort, close };
  }

  /** TLS ports of the Sentinels. */
  get ports(): readonly number[] {
    return this.#tlsPorts.slice(2);
  }

  /** Names the primary by way of the Sentinels on these ports. */
  urlBy(ports = this.ports): string {
    const hosts = ports.map((port) => `127.0.0.1:${port}`);
    return `rediss+sentinel://app:app-pw@${hosts.join()}/${NAME}/0`;
  }

  async close(): Promise<void> {
    await Promise.all([this.primary, this.replica, ...this.sentinels].map((one) => one.close()));
    this.#removeFolder();
  }
}

/** The configuration of a Sentinel. */
function monitoring(primaryPort = ''): string {
  return [
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 3000`,
    'user watcher on >watcher-pw &* +@all',
    '',
  ].join('\n');
}

function tlsOptions(
  port: string,
  { certificate: ca }: CertificateAuthority,
  { certificate, key }: Certificate,
): string[] {
  const own = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', ca];
  return ['--tls-port', port, ...own, '--tls-auth-clients', 'no', '--tls-replication', 'yes'];
}
