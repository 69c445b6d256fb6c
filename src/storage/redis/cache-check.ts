import { messageOf } from '../../lib/app-error.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { type CachedDatabase, CacheUnusable } from '../cache-trouble.ts';
import { connect } from './connect.ts';
import { KeyOwner } from './key-owner.ts';
import { KeySpace } from './key-space.ts';
import { OrderKeys } from './order-keys.ts';
import { troubleOf } from './refusals.ts';
import { heardWithin } from './time-out.ts';

export interface CacheCheck {
  readonly urls: readonly string[];
  readonly connectTimeoutMs: number;
  readonly keyPrefix: string;
  readonly database: CachedDatabase;
}

/**
 * Whether Redis could be used as a cache of that database: connects, does what is done for an order, looks whose the keys are, and
 * closes again. Takes nothing for anybody. @throws CacheUnusable
 */
export async function checkCache({ urls, connectTimeoutMs, keyPrefix, database }: CacheCheck): Promise<void> {
  const connecting = connect(urls, connectTimeoutMs, { lost: () => {}, changed: () => {} });
  try {
    const { nodes } = await heardWithin(connectTimeoutMs * urls.length, connecting);
    const run = <T>(commands: (redis: typeof nodes) => Promise<T>) =>
      heardWithin(connectTimeoutMs, commands(nodes));
    const space = new KeySpace(keyPrefix);
    await new OrderKeys(space, { ttlSeconds: 1 }, () => {}, silentLogger).tryOut(run);
    await new KeyOwner(space, database).look(run);
  } catch (error) {
    throw error instanceof CacheUnusable
      ? error
      : new CacheUnusable(troubleOf(error), messageOf(error), error);
  } finally {
    connecting.then(
      ({ nodes }) => nodes.destroy(),
      () => {},
    );
  }
}
