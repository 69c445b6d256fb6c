import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, openSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { killChild } from '../helpers/kill-child.ts';
import { createTempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Its processes and mounts end with it, also when it is killed. */
const APART = ['--mount', '--pid', '--mount-proc', '--fork', '--kill-child'];
const OUTPUT = { encoding: 'utf8', maxBuffer: 1 << 26 } as const;

/** The container engine of a test: the one of this machine, or one of its own that touches no network of the machine. */
export class ContainerEngine {
  readonly #temp = createTempDir('test-image-');
  #daemon: ChildProcess | undefined;

  /** Sees to an engine, and to the image that the Dockerfile builds on. @returns why that can't be */
  async start(): Promise<string | undefined> {
    if (Bun.which('docker') === null) return 'docker is not installed';
    if (this.docker('info').code !== 0) {
      if (process.getuid?.() !== 0) return 'no Docker answers, and only root may start one';
      if (Bun.which('dockerd') === null) return 'no Docker answers, and dockerd is not installed';
      if (!(await this.#startDaemon())) return `dockerd does not start here: ${lastLine(join(this.#temp.path, 'log'))}`;
    }
    const [, base = ''] = /^FROM (\S+:\S+)/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? [];
    if (this.docker('image', 'inspect', base).code === 0) return undefined;
    const { code, stderr } = this.docker('pull', '--quiet', base);
    if (code === 0) return undefined;
    return this.#daemon === undefined ? `${base} can't be had: ${stderr}` : this.#makeBase(base);
  }

  docker(...args: string[]) {
    const { status, stdout, stderr } = spawnSync('docker', args, { cwd: ROOT, env: this.#environment, ...OUTPUT });
    return { code: status, stdout: stdout.trim(), stderr: stderr.trim() };
  }

  async close(): Promise<void> {
    await killChild(this.#daemon);
    // Its last processes may still be ending.
    await until(() => this.#temp.remove() === undefined);
  }

  get #environment(): NodeJS.ProcessEnv {
    if (this.#daemon === undefined) return process.env;
    // The builder that needs no plug-in.
    return { ...process.env, DOCKER_HOST: `unix://${this.#temp.path}/socket`, DOCKER_BUILDKIT: '0' };
  }

  async #startDaemon(): Promise<boolean> {
    const at = (name: string): string => join(this.#temp.path, name);
    const places = [`--host=unix://${at('socket')}`, `--data-root=${at('data')}`, `--exec-root=${at('exec')}`];
    const network = ['--iptables=false', '--ip6tables=false', '--bridge=none'];
    const options = [...places, `--pidfile=${at('pid')}`, ...network, '--storage-driver=vfs'];
    const log = openSync(at('log'), 'w');
    const daemon = spawn('unshare', [...APART, 'dockerd', ...options], { stdio: ['ignore', log, log] });
    this.#daemon = daemon;
    await until(() => daemon.exitCode !== null || this.docker('info').code === 0, 60_000).catch(() => undefined);
    return this.docker('info').code === 0;
  }

  /** Of Debian's packages and the Node.js of this machine, under the same name. @returns why that can't be */
  #makeBase(base: string): string | undefined {
    const [, release = ''] = /-(\w+)-slim$/.exec(base) ?? [];
    const root = join(this.#temp.path, 'base');
    if (Bun.which('debootstrap') === null) return `neither ${base} nor debootstrap can be had`;
    const [mirror = ''] = spawnSync('apt-get', ['indextargets', '--format', '$(REPO_URI)'], OUTPUT).stdout.split('\n');
    const made = spawnSync('unshare', ['--mount', 'debootstrap', '--variant=minbase', release, root, mirror], OUTPUT);
    if (made.status !== 0) return `neither ${base} nor Debian’s packages can be had: ${made.stderr}`;
    const local = join(root, 'usr/local');
    const npm = dirname(dirname(realpathSync(Bun.which('npm') ?? '')));
    cpSync(realpathSync(Bun.which('node') ?? ''), join(local, 'bin/node'));
    cpSync(npm, join(local, 'lib/npm'), { recursive: true });
    symlinkSync('../lib/npm/bin/npm-cli.js', join(local, 'bin/npm'));
    // What this machine's npm trusts besides.
    const { NODE_EXTRA_CA_CERTS: trusted } = process.env;
    if (trusted !== undefined) cpSync(realpathSync(trusted), join(root, trusted));
    const change = trusted === undefined ? '' : `--change 'ENV NODE_EXTRA_CA_CERTS=${trusted}'`;
    const script = `tar -C '${root}' -c . | docker import ${change} - ${base}`;
    const imported = spawnSync('sh', ['-c', script], { env: this.#environment, ...OUTPUT });
    return imported.status === 0 ? undefined : `${base} can't be made: ${imported.stderr}`;
  }
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').at(-1) ?? '';
}
