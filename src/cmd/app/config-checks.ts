import { isIP } from 'node:net';
import { topicNameProblem, topicsCollide } from '../../kafka/admin/topic-name.ts';
import { parseBroker } from '../../lib/address.ts';
import { messageOf } from '../../lib/app-error.ts';
import { formatUrl, parsePostgresqlUrl, parseRedisUrls } from '../../lib/connection-url.ts';
import { type ConfigProblem, valueAt } from './config-problems.ts';

/** The URLs among the settings, in the spelling that every driver reads as it is meant. */
export interface ReadUrls {
  readonly postgresql: string;
  readonly redis: string;
}

/**
 * Settings that the engines would refuse: addresses that lead nowhere, invalid names. Each one is added to `problems`. Values
 * that are not text are left to the schema.
 */
export function checkMeaning(tree: unknown, problems: ConfigProblem[]): ReadUrls {
  const textAt = (path: string): string | undefined => {
    const value = valueAt(tree, path.split('.'));
    return typeof value === 'string' ? value : undefined;
  };
  const say = (path: string, message: string): number => problems.push({ path, message });
  const read = <T>(path: string, text: string | undefined, parse: (text: string) => T): T | undefined => {
    try {
      return text === undefined ? undefined : parse(text);
    } catch (error) {
      say(path, `is wrong: ${messageOf(error)}`);
      return undefined;
    }
  };
  const brokers = valueAt(tree, ['kafka', 'brokers']);
  for (const broker of Array.isArray(brokers) ? brokers : [])
    if (typeof broker === 'string') read('kafka.brokers', broker, parseBroker);
  const proxies = valueAt(tree, ['server', 'trustedProxies']);
  for (const proxy of Array.isArray(proxies) ? proxies : [])
    if (typeof proxy === 'string' && !isAddressRange(proxy))
      say('server.trustedProxies', 'must be IP addresses and ranges of them, such as 10.0.0.0/8');
  checkTopics(textAt('kafka.topic'), textAt('kafka.deadLetterTopic'), say);
  // Braces choose the node of a Redis Cluster: all keys would be on one.
  if (/[{}]/.test(textAt('cache.keyPrefix') ?? '')) say('cache.keyPrefix', 'must be without { and }');
  const toPostgresql = (text: string): string => formatUrl(parsePostgresqlUrl(text));
  const toRedis = (text: string): string => parseRedisUrls(text).map(formatUrl).join(',');
  return {
    postgresql: read('postgresql.url', textAt('postgresql.url'), toPostgresql) ?? '',
    redis: read('redis.url', textAt('redis.url'), toRedis) ?? '',
  };
}

/** `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. */
function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function checkTopics(
  topic: string | undefined,
  deadLetterTopic: string | undefined,
  say: (path: string, message: string) => number,
): void {
  for (const [key, name] of Object.entries({ topic, deadLetterTopic })) {
    const problem = name === undefined ? undefined : topicNameProblem(name);
    if (problem !== undefined) say(`kafka.${key}`, problem);
  }
  if (topic === undefined || deadLetterTopic === undefined) return;
  if (topic === deadLetterTopic)
    say(
      'kafka.deadLetterTopic',
      'must not be kafka.topic: each bad message would come back as the next bad message',
    );
  else if (topicsCollide(topic, deadLetterTopic))
    say(
      'kafka.deadLetterTopic',
      'differs from kafka.topic only in dots and underscores, which Kafka refuses',
    );
}
