import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRedisUrls } from '../lib/connection-url.ts';
import { probeRedis, probeRedisTls, redisVersion } from './probes.ts';
import { programVersion } from './program.ts';
import type { EngineDefinition } from './types.ts';

/** A local Redis for a cache: memory is bounded, least recently used keys go first, nothing survives a restart. */
export function defineRedis(redisUrl: string): EngineDefinition {
  const urls = parseRedisUrls(redisUrl);
  return {
    name: 'redis',
    title: 'Redis',
    addresses: urls.map((url) => url.address),
    canBeLocal: urls.length === 1,
    optional: true,
    readyTimeoutMs: 30_000,
    stop: { signal: 'SIGTERM', forceSignal: 'SIGKILL', graceMs: 3_000 },
    versionAt: redisVersion,
    probe: urls[0]?.scheme === 'rediss' ? probeRedisTls : probeRedis,
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
    install: 'apt-get install redis-server',
  });
}

function password(secret: string): { requirepass?: string } {
  return secret === '' ? {} : { requirepass: quote(secret) };
}

/** A value for redis.conf that may contain blanks. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}
