import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRedisUrls } from '../lib/connection-url.ts';
import { probeRedis, redisVersion } from './probes.ts';
import { programVersion } from './program.ts';
import type { EngineDefinition } from './types.ts';

const CLUSTER = 'Several addresses are a cluster, and a local one is started for a single address only.';
const SECURED =
  'A local one does not stand in for one behind Sentinels, over TLS, with users, or with redis.passwordFile.';

/** A local Redis for a cache: memory is bounded, least recently used keys go first, nothing survives a restart. */
export function defineRedis(redisUrl: string, passwordInFile = false): EngineDefinition {
  const urls = parseRedisUrls(redisUrl);
  const secured = passwordInFile || urls.some(({ scheme, user }) => scheme !== 'redis' || !/^(default)?$/.test(user));
  return {
    name: 'redis',
    title: 'Redis',
    addresses: urls.flatMap((url) => url.addresses),
    notLocal: secured ? SECURED : urls.length > 1 ? CLUSTER : undefined,
    optional: true,
    readyTimeoutMs: 30_000,
    stop: { signal: 'SIGTERM', forceSignal: 'SIGKILL', graceMs: 3_000 },
    versionAt: redisVersion,
    probe: probeRedis,
    check: async () => void (await redisServerVersion()),
    prepare: async ({ address, folder }) => {
      const version = await redisServerVersion();
      const file = join(folder, 'redis.conf');
      const settings = {
        bind: address.host === 'localhost' ? '127.0.0.1 -::1' : address.host,
        port: address.port,
        dir: quote(folder),
        maxmemory: '256mb',
        'maxmemory-policy': 'allkeys-lru',
        // A restored cache could be older than the database.
        save: '""',
        appendonly: 'no',
        ...password(urls[0]?.password ?? ''),
      };
      const text = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);
      writeFileSync(file, text.join(''), { mode: 0o600 });
      return { command: 'redis-server', args: [file], version, folderAsDescriptor3: folder };
    },
  };
}

function redisServerVersion(): Promise<string> {
  return programVersion('redis-server', ['--version'], /v=(\S+)/, {
    title: 'Redis',
    debian: 'redis-server',
    homebrew: 'redis',
  });
}

function password(secret: string): { requirepass?: string } {
  return secret === '' ? {} : { requirepass: quote(secret) };
}

/** A value for redis.conf that may contain blanks. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}
