import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { identify } from '../process-identity.ts';
import { runProgram } from '../program.ts';
import type { PrepareContext, RunAs } from '../types.ts';
import type { PostgresqlBinaries } from './binaries.ts';

const INITDB_TIMEOUT_MS = 120_000;
const CLUSTER = 'cluster';

export interface ClusterOptions {
  readonly folder: string;
  /** The folder's name for PostgreSQL, which may not see it under the name we know. */
  readonly folderInside: string;
  readonly binaries: PostgresqlBinaries;
  /** Set when the programs run as another user. */
  readonly runAs: RunAs;
  readonly superuser: string;
  /** Empty: everybody on this machine may log in. */
  readonly password: string;
}

/** Durable (fsync and synchronous_commit stay on), and made for many writes on a small machine. */
const SETTINGS = {
  max_connections: '200',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  // Rare checkpoints: each makes the next change of every page log the page whole.
  max_wal_size: '4GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  wal_buffers: '16MB',
  random_page_cost: '1.1',
  jit: 'off',
  autovacuum_vacuum_insert_scale_factor: '0.1',
  // When an order became readable; it takes 10 bytes a transaction.
  track_commit_timestamp: 'on',
  // Clients come over TCP; a socket file in a shared folder would be in the way of a second server.
  unix_socket_directories: '',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
} as const;

/**
 * Makes sure the database cluster is there, and gives its path as PostgreSQL sees it. initdb works under another name
 * that is changed at the end, so a folder called `cluster` is complete, whenever the process was killed.
 * @throws AppError `engine_start_failed`, `aborted`
 */
export async function ensureCluster(options: ClusterOptions, context: PrepareContext): Promise<string> {
  const { folder, folderInside, binaries } = options;
  giveTo(options.runAs, folder);
  const cluster = join(folder, CLUSTER);
  if (!existsSync(cluster)) await initialize(options, context);
  checkMajorVersion(cluster, binaries.version);
  removeForeignPidFile(cluster);
  return `${folderInside}/${CLUSTER}`;
}

async function initialize(options: ClusterOptions, context: PrepareContext): Promise<void> {
  const { folder, folderInside, binaries, runAs, superuser, password } = options;
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  const work = join(folder, 'new');
  mkdirSync(work, { mode: 0o700 });
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  giveTo(runAs, work);
  giveTo(runAs, passwordFile);
  const login =
    password === '' ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${folderInside}/password`];
  const args = [
    `--pgdata=${folderInside}/new`,
    `--username=${superuser}`,
    ...login,
    '--encoding=UTF8',
    '--locale=C',
    // Built in: the same order of text on every system, and none of its locales needed.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...Object.entries(SETTINGS).map(([key, value]) => `--set=${key}=${value}`),
  ];
  try {
    await runProgram(join(binaries.bin, 'initdb'), args, {
      title: 'PostgreSQL',
      install: 'npm ci',
      purpose: "PostgreSQL's data folder could not be initialised",
      timeoutMs: INITDB_TIMEOUT_MS,
      signal: context.signal,
      ...runAs,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(work, join(folder, CLUSTER));
}

function giveTo({ user }: RunAs, path: string): void {
  if (user) chownSync(path, user.uid, user.gid);
}

function checkMajorVersion(cluster: string, version: string): void {
  const found = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  if (version.split('.')[0] === found) return;
  const message =
    `${cluster} was made by PostgreSQL ${found}, and ${version} can't read it. Dump it with that version, ` +
    'or remove the folder to begin with an empty database.';
  throw new AppError('engine_start_failed', message);
}

/** After a kill the recorded pid may belong to another program of the same user, which PostgreSQL can't tell. */
function removeForeignPidFile(cluster: string): void {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (process.platform !== 'linux' || !identify(pid)) return;
  const command = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  if (command !== 'postgres') rmSync(file);
}
