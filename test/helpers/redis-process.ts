import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { freeClusterPort, freePort } from './free-port.ts';
import { killChild } from './kill-child.ts';
import { until } from './until.ts';

/** TEST_REDIS_SERVER=valkey-server tests with another server of the same protocol. */
const PROGRAM = process.env['TEST_REDIS_SERVER'] ?? 'redis-server';

/** A redis-server of the test's own, to kill, freeze and restart on the same port. */
export class RedisProcess {
  readonly port: number;
  readonly #folder: string;
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, options: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  /**
   * Starts one on a free port of the loopback, with more options of redis-server, the first of which may be the text of
   * its configuration file; `boot` has resolved.
   */
  static async start(...options: string[]): Promise<RedisProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'test-redis-'));
    if (options[0]?.includes('\n')) {
      const file = join(folder, 'redis.conf');
      await writeFile(file, options[0]);
      options[0] = file;
    }
    for (let attempt = 1; ; attempt++) {
      const port = await (options.includes('--cluster-enabled') ? freeClusterPort() : freePort());
      const server = new RedisProcess(port, folder, options);
      try {
        await server.boot();
        return server;
      } catch (error) {
        // Another process may have taken the port meanwhile.
        await server.kill();
        if (attempt === 3) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Starts the process after `kill`; it loads the snapshot of its folder. Resolves when it answers. */
  async boot(): Promise<void> {
    const child = spawn(
      PROGRAM,
      [...this.#options, '--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--dir', this.#folder],
      { stdio: 'ignore' },
    );
    this.#child = child;
    await until(
      async () => child.exitCode !== null || (await this.command(['PING']).catch(() => undefined)) === 'PONG',
    );
    if (child.exitCode !== null) throw new Error(`redis-server exited with ${child.exitCode}`);
  }

  /** Sends one command over a connection of its own. */
  async command(args: string[]): Promise<unknown> {
    const client = createClient({
      url: this.url,
      socket: { reconnectStrategy: false, connectTimeout: 1000 },
    });
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.sendCommand(args);
    } finally {
      if (client.isOpen) client.destroy();
    }
  }

  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void> {
    return killChild(this.#child);
  }

  /** SIGSTOP: the port accepts and nothing answers, as in a network that drops packets. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Kills it and removes its folder. */
  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
