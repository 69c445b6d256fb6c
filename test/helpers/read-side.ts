import { randomBytes } from 'node:crypto';
import { Database } from '../../src/storage/postgresql/database.ts';
import { RedisConnection } from '../../src/storage/redis/client.ts';
import { OrderCache } from '../../src/storage/redis/order-cache.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { testEngines } from './engines.ts';

/** The pool of a server of this process; close it. */
export function openDatabase(url: string, connectTimeoutMs = 5_000): Database {
  return new Database({
    url,
    maxConnections: 4,
    connectTimeoutMs,
    statementTimeoutMs: 30_000,
    applicationName: 'test',
  });
}

/** A prefix nobody else has. */
export function newKeyPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** A cache on the tests' Redis, with orders kept in the process, too; started. Close it. */
export function openCache({ keyPrefix = newKeyPrefix(), ttlSeconds = 60 } = {}) {
  const limits = { connectTimeoutMs: 2_000, commandTimeoutMs: 1_000 };
  const connection = new RedisConnection({ url: testEngines().redisUrl, ...limits }, silentLogger);
  const options = { keyPrefix, ttlSeconds, l1Bytes: 1_000_000 };
  const cache = new OrderCache(connection, options, silentLogger);
  cache.start();
  return { cache, connection };
}
