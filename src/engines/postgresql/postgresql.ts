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
import { parsePostgresqlUrl, sslModeOf } from '../../lib/connection-url.ts';
import { probePostgresql } from '../probes.ts';
import { identify } from '../processes.ts';
import { runProgram } from '../program.ts';
import type { EngineDefinition, PrepareContext, RunAs } from '../types.ts';
import { findBinaries, POSTGRESQL, type PostgresqlBinaries, postgresqlUser } from './binaries.ts';

const NOT_LOCAL =
  'A local one never takes the place of several servers, or of one that is reached over TLS or with a password file.';

/**
 * A local PostgreSQL whose superuser is the URL's user. The URL's database is not created. `secured`: sessions need
 * more than the URL says, which a local one does not have.
 *
 * Started by root it runs as another user, who may not pass through the parents of the data folder (/root, a private
 * temporary folder). It gets the folder as an open descriptor, and finds it as /proc/self/fd/3.
 */
export function definePostgresql(url: string, secured = false): EngineDefinition {
  const server = parsePostgresqlUrl(url);
  const { addresses, user: name, password } = server;
  return {
    name: 'postgresql',
    title: 'PostgreSQL',
    addresses,
    notLocal: secured || addresses.length > 1 || /^(require|verify)/.test(sslModeOf(server)) ? NOT_LOCAL : undefined,
    optional: false,
    readyTimeoutMs: 300_000,
    // SIGINT is PostgreSQL's fast shutdown. SIGQUIT leaves the rest to recovery: nothing committed is lost.
    stop: { signal: 'SIGINT', forceSignal: 'SIGQUIT', graceMs: 5_500 },
    probe: probePostgresql,
    check: async () => {
      findBinaries(postgresqlUser());
    },
    prepare: async (context) => {
      const user = postgresqlUser();
      const { address, folder } = context;
      const binaries = findBinaries(user, majorOf(join(folder, CLUSTER)));
      const superuser = name === '' ? 'postgres' : name;
      const byDescriptor = user !== undefined && process.platform === 'linux';
      const folderInside = byDescriptor ? '/proc/self/fd/3' : folder;
      const runAs = { ...(user ? { user } : {}), folderAsDescriptor3: folder };
      const options = { folder, folderInside, binaries, runAs, superuser, password };
      const cluster = await ensureCluster(options, context);
      return {
        command: `${binaries.bin}/postgres`,
        args: [
          ...['-D', cluster, '-p', String(address.port), '-c', `listen_addresses=${address.host}`],
          // Errors of statements go to the client only: a duplicate key would be logged with the whole statement.
          ...['-c', 'log_min_messages=log'],
        ],
        version: binaries.version,
        ...runAs,
      };
    },
  };
}

const INITDB_TIMEOUT_MS = 120_000;
const CLUSTER = 'cluster';

interface ClusterOptions {
  readonly folder: string;
  /** The folder as PostgreSQL sees it, which may not reach it by our path. */
  readonly folderInside: string;
  readonly binaries: PostgresqlBinaries;
  readonly runAs: RunAs;
  readonly superuser: string;
  /** When empty, everybody on this machine may log in. */
  readonly password: string;
}

/** Durable (fsync and synchronous_commit stay on), and tuned for many writes on a small machine. */
const SETTINGS = {
  max_connections: '200',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  // Checkpoints are rare: after each, the first change of every page logs the whole page.
  max_wal_size: '4GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  wal_buffers: '16MB',
  random_page_cost: '1.1',
  jit: 'off',
  autovacuum_vacuum_insert_scale_factor: '0.1',
  // Tells when an order became readable; 10 bytes a transaction.
  track_commit_timestamp: 'on',
  // Clients use TCP; a socket file in a shared folder would block a second server.
  unix_socket_directories: '',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
} as const;

/**
 * Creates the database cluster if it is missing, and returns its path as PostgreSQL sees it. initdb works under another
 * name, so that a folder called `cluster` is complete even after a kill.
 * @throws AppError `engine_start_failed`, `aborted`
 */
async function ensureCluster(options: ClusterOptions, context: PrepareContext): Promise<string> {
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
  const login = password === '' ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${folderInside}/password`];
  const args = [
    `--pgdata=${folderInside}/new`,
    `--username=${superuser}`,
    ...login,
    '--encoding=UTF8',
    '--locale=C',
    // The built-in provider sorts the same on every system and needs none of its locales.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...Object.entries(SETTINGS).map(([key, value]) => `--set=${key}=${value}`),
  ];
  try {
    await runProgram(join(binaries.bin, 'initdb'), args, {
      ...POSTGRESQL,
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

/** The version that has written the cluster; undefined when there is none yet. */
function majorOf(cluster: string): string | undefined {
  const file = join(cluster, 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function checkMajorVersion(cluster: string, version: string): void {
  const found = majorOf(cluster);
  if (version.split('.')[0] === found) return;
  const message =
    `${cluster} was created by PostgreSQL ${found}, and ${version} can't read it. Dump it with that version, ` +
    'or remove the folder to start with an empty database.';
  throw new AppError('engine_start_failed', message);
}

/** After a kill the recorded pid may belong to another program, which PostgreSQL would take for a running server. */
function removeForeignPidFile(cluster: string): void {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (process.platform !== 'linux' || !identify(pid)) return;
  const command = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  if (command !== 'postgres') rmSync(file);
}
