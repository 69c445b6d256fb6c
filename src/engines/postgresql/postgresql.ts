import { parsePostgresqlUrl } from '../../lib/connection-url.ts';
import type { EngineDefinition } from '../types.ts';
import { findBinaries, locatePackage } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import { probePostgresql } from './probe.ts';
import { postgresqlUser } from './system-user.ts';

/**
 * A local PostgreSQL whose superuser is the URL's user. The URL's database is not created.
 *
 * Run for root it is another user's process, which may not pass through the parents of the data folder (/root, a
 * private temporary folder). It gets the folder as an open descriptor, and /proc/self/fd/3 leads there from inside.
 */
export function definePostgresql(url: string): EngineDefinition {
  const { address: configured, user: name, password } = parsePostgresqlUrl(url);
  return {
    name: 'postgresql',
    title: 'PostgreSQL',
    addresses: [configured],
    canBeLocal: true,
    optional: false,
    readyTimeoutMs: 300_000,
    // SIGINT is PostgreSQL's fast shutdown. SIGQUIT leaves the rest to recovery: nothing committed is lost.
    stop: { signal: 'SIGINT', forceSignal: 'SIGQUIT', graceMs: 5_500 },
    probe: probePostgresql,
    check: async () => {
      postgresqlUser();
      locatePackage();
    },
    prepare: async (context) => {
      const user = postgresqlUser();
      const binaries = findBinaries(user);
      const { address, folder } = context;
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
          // Without what a client is told anyway: a key that exists is no news, and comes with the whole statement.
          ...['-c', 'log_min_messages=log'],
        ],
        version: binaries.version,
        ...runAs,
      };
    },
  };
}
