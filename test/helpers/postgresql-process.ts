import { appendFileSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gone, startDaemon } from '../../src/engines/daemon.ts';
import { definePostgresql } from '../../src/engines/postgresql/postgresql.ts';
import {
  identify,
  killFamily,
  type ProcessIdentity,
  resumeFamily,
  signalProcess,
  suspendFamily,
} from '../../src/engines/processes.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import type { Certificate } from './certificates.ts';
import { seedFolder } from './engine-settings.ts';
import { freePort } from './free-port.ts';
import { createTempDir } from './temp-dir.ts';
import { until } from './until.ts';

const START_MS = 120_000;
const END_MS = 30_000;

export interface PostgresqlOptions {
  /** Takes sessions over TLS, with this certificate. */
  readonly certificate?: Certificate;
  /** Path of the certificate of the authority that client certificates must be of. */
  readonly clientCa?: string;
  /** Lines of pg_hba.conf, which come first. */
  readonly hba?: readonly string[];
  /** Follows that server, and takes no writes until it is promoted. */
  readonly standbyOf?: PostgresqlProcess;
}

/** A PostgreSQL of the test's own, on TCP and on a socket. Its superuser is `owner`, with the password `s cret`. */
export class PostgresqlProcess {
  readonly port: number;
  /** Holds its socket and its data. */
  readonly folder: string;
  readonly #removeFolder: () => void;
  #process: ProcessIdentity | undefined;

  private constructor(port: number, folder: string, removeFolder: () => void) {
    this.port = port;
    this.folder = folder;
    this.#removeFolder = removeFolder;
  }

  /** Resolves when it answers. */
  static async start(options: PostgresqlOptions = {}): Promise<PostgresqlProcess> {
    const { path, remove } = createTempDir('test-postgresql-');
    const server = new PostgresqlProcess(await freePort(), path, remove);
    // Copies of one first start are one cluster: each can follow another.
    await seedFolder(definePostgresql(server.url), path);
    server.#configure(options);
    await server.boot();
    return server;
  }

  get url(): string {
    return `postgres://owner:s%20cret@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts it, also after `kill`; resolves when it answers. */
  async boot(): Promise<void> {
    const { folder, port } = this;
    const engine = definePostgresql(this.url);
    const address = { host: '127.0.0.1', port };
    const { signal } = new AbortController();
    const plan = await engine.prepare({ address, folder, step: () => {}, signal, logger: silentLogger });
    const daemon = await startDaemon(plan, join(folder, 'postgresql.log'));
    this.#process = identify(daemon.pid);
    await until(
      async () => {
        if (daemon.ended() !== undefined) throw new Error(`PostgreSQL has ended:\n${daemon.logTail()}`);
        return (await engine.probe(address, 1_000)) === 'answers';
      },
      START_MS,
      20,
    );
  }

  /** The certificate from now on. */
  replaceCertificate({ certificate, key }: Certificate): void {
    this.#write('server.pem', readFileSync(certificate, 'utf8'));
    this.#write('server.key', readFileSync(key, 'utf8'));
    if (this.#process !== undefined) signalProcess(this.#process, 'SIGHUP');
  }

  /** Makes a standby the server that takes the writes. */
  promote(): void {
    this.#write('promote', '');
    if (this.#process !== undefined) signalProcess(this.#process, 'SIGUSR1');
  }

  /** kill -9; resolves when all of it is gone. */
  async kill(): Promise<void> {
    if (this.#process === undefined) return;
    const family = killFamily(this.#process);
    this.#process = undefined;
    await Promise.all(family.map((one) => gone(one, END_MS)));
  }

  /** SIGSTOP of all of it: the port accepts and nothing answers, as in a network that drops packets. */
  async freeze(): Promise<void> {
    if (this.#process !== undefined) await suspendFamily(this.#process);
  }

  thaw(): void {
    if (this.#process !== undefined) resumeFamily(this.#process);
  }

  /** Kills it and removes its folder. */
  async close(): Promise<void> {
    await this.kill();
    this.#removeFolder();
  }

  #configure({ certificate, clientCa, hba = [], standbyOf }: PostgresqlOptions): void {
    const settings = [`unix_socket_directories = '..'`, `wal_keep_size = '1GB'`];
    if (certificate !== undefined) {
      this.replaceCertificate(certificate);
      settings.push('ssl = on', `ssl_cert_file = 'server.pem'`, `ssl_key_file = 'server.key'`);
    }
    if (clientCa !== undefined) {
      this.#write('clients.pem', readFileSync(clientCa, 'utf8'));
      settings.push(`ssl_ca_file = 'clients.pem'`);
    }
    if (standbyOf !== undefined) {
      const login = `host=127.0.0.1 port=${standbyOf.port} user=owner password=''s cret''`;
      settings.push(`primary_conninfo = '${login}'`);
      this.#write('standby.signal', '');
    }
    appendFileSync(join(this.folder, 'cluster', 'postgresql.conf'), `${settings.join('\n')}\n`);
    const rules = readFileSync(join(this.folder, 'cluster', 'pg_hba.conf'), 'utf8');
    this.#write('pg_hba.conf', `${hba.join('\n')}\n${rules}`);
  }

  /** A file of the cluster, which belongs to the user that PostgreSQL runs as. */
  #write(name: string, text: string): void {
    const cluster = join(this.folder, 'cluster');
    const path = join(cluster, name);
    writeFileSync(path, text, { mode: 0o600 });
    const { uid, gid } = statSync(cluster);
    chownSync(path, uid, gid);
  }
}
