import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probePostgresql } from '../../src/engines/probes.ts';
import { freePort } from './free-port.ts';
import { killChild } from './kill-child.ts';
import { createTempDir } from './temp-dir.ts';
import { until } from './until.ts';

/** Debian has it where only root looks. */
const PATH = `${process.env['PATH']}:/usr/sbin`;

/** A PgBouncer of the test's own, in transaction mode, with no settings besides those that it can't go without. */
export class PgbouncerProcess {
  readonly #port: number;
  readonly #folder: string;
  readonly #removeFolder: () => void;
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, removeFolder: () => void) {
    this.#port = port;
    this.#folder = folder;
    this.#removeFolder = removeFolder;
  }

  /**
   * In front of every database of the server that the URL names, for its user, with more lines of settings. Resolves
   * when it answers.
   */
  static async inFrontOf(url: string, more: readonly string[] = []): Promise<PgbouncerProcess> {
    const { path, remove } = createTempDir('test-pgbouncer-');
    const bouncer = new PgbouncerProcess(await freePort(), path, remove);
    const { hostname, port, username, password } = new URL(url);
    // Started by root, it reads its files as nobody.
    chmodSync(path, 0o755);
    writeFileSync(join(path, 'users.txt'), `"${username}" "${decodeURIComponent(password)}"\n`);
    const settings = [
      '[databases]',
      `* = host=${hostname} port=${port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${bouncer.#port}`,
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${join(path, 'users.txt')}`,
      'pool_mode = transaction',
      'default_pool_size = 8',
      ...more,
    ];
    writeFileSync(join(path, 'pgbouncer.ini'), `${settings.join('\n')}\n`);
    await bouncer.boot();
    return bouncer;
  }

  /** The same URL, by way of the pooler. */
  urlOf(url: string): string {
    const through = new URL(url);
    through.port = String(this.#port);
    return through.href;
  }

  /** Starts it, also after `kill`; resolves when it answers. */
  async boot(): Promise<void> {
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const child = spawn('pgbouncer', ['-q', ...user, join(this.#folder, 'pgbouncer.ini')], {
      env: { ...process.env, PATH },
      stdio: 'ignore',
    });
    this.#child = child;
    const address = { host: '127.0.0.1', port: this.#port };
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`pgbouncer exited with ${child.exitCode}`);
      return (await probePostgresql(address, 1_000)) === 'answers';
    });
  }

  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void> {
    return killChild(this.#child);
  }

  /** Kills it and removes its folder. */
  async close(): Promise<void> {
    await this.kill();
    this.#removeFolder();
  }
}
