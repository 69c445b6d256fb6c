import { formatRedisUrls, parseRedisUrls } from '../../lib/connection-url.ts';
import type { ConfigSection } from './config-section.ts';

/**
 * Files of the section `redis` that can't be read, and settings that have no effect on connections to its URL, which is
 * returned in one spelling; empty where it is wrong.
 */
export function checkRedis(redis: ConfigSection): string {
  redis.checkSecret('password');
  redis.checkSecret('sentinel.password');
  redis.checkTls();
  const urls = redis.read('url', parseRedisUrls);
  const url = urls?.[0];
  if (urls === undefined || url === undefined) return '';
  if (redis.text('passwordFile') && url.password !== '')
    redis.say('passwordFile', 'is set, and redis.url has a password: one is enough');
  const idle = [
    ...(url.scheme.startsWith('rediss') ? [] : ['tls.ca', 'tls.certificate', 'tls.key', 'tls.serverName']),
    ...(url.primary === undefined ? ['sentinel.username', 'sentinel.password', 'sentinel.passwordFile'] : []),
  ];
  for (const key of idle.filter((one) => redis.text(one)))
    redis.say(key, `has no effect without ${key.startsWith('tls') ? 'rediss' : 'redis+sentinel'}:// in redis.url`);
  return formatRedisUrls(urls);
}
