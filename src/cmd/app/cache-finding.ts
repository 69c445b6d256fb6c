import { CACHE_ADVICE, CacheUnusable } from '../../storage/cache-trouble.ts';
import { Database } from '../../storage/postgresql/database.ts';
import { PostgresIdentity } from '../../storage/postgresql/database-identity.ts';
import { checkCache } from '../../storage/redis/cache-check.ts';
import type { Config } from './config-schema.ts';

/** Why Redis could not be used as the cache of this database, and what to do; undefined when it could, as far as can be told. */
export async function cacheTrouble(config: Config): Promise<{ found: string; advice: string } | undefined> {
  const { cache, postgresql, redis } = config;
  const database = new Database({ ...postgresql, maxConnections: 1, applicationName: 'test-service doctor' });
  try {
    await checkCache({
      urls: redis.url.split(','),
      connectTimeoutMs: redis.connectTimeoutMs,
      keyPrefix: cache.keyPrefix,
      database: new PostgresIdentity(database),
    });
    return undefined;
  } catch (error) {
    // A database that is still to be made has no keys that could be somebody else's.
    if (!(error instanceof CacheUnusable) || error.trouble === 'unverified') return undefined;
    return {
      found: `can't be used as a cache: ${error.trouble}, ${error.message}`,
      advice: CACHE_ADVICE[error.trouble],
    };
  } finally {
    await database.close();
  }
}
