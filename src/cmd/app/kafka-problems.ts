import { isLoopback, parseBroker } from '../../lib/address.ts';
import type { ConfigSection } from './config-section.ts';

/** Settings of the section `kafka` that no broker would take, or that contradict each other. */
export function checkKafka(kafka: ConfigSection): void {
  for (const broker of kafka.texts('brokers')) kafka.attempt('brokers', () => parseBroker(broker));
  checkTopics(kafka);
  if (kafka.value('tls.enabled') === true) kafka.checkTls();
  else
    for (const key of ['ca', 'certificate', 'key', 'serverName'])
      if (kafka.text(`tls.${key}`)) kafka.say(`tls.${key}`, 'has no effect without kafka.tls.enabled: true');
  checkSasl(kafka);
  const copies = Number(kafka.value('replicationFactor'));
  const least = Number(kafka.value('minInsyncReplicas'));
  if (copies > 0 && least > copies)
    kafka.say(
      'minInsyncReplicas',
      `must not be more than kafka.replicationFactor, ${copies}: no message would be taken`,
    );
}

const OF_USER = ['username', 'password', 'passwordFile'] as const;
const OF_CLIENT = ['tokenUrl', 'clientId', 'clientSecret', 'clientSecretFile', 'scope'] as const;

function checkSasl(kafka: ConfigSection): void {
  const mechanism = kafka.text('sasl.mechanism');
  if (mechanism === undefined) return;
  const [wanted, secret, others] = {
    none: [[], undefined, [...OF_USER, ...OF_CLIENT]] as const,
    OAUTHBEARER: [['tokenUrl', 'clientId'], 'clientSecret', OF_USER] as const,
  }[mechanism] ?? [['username'], 'password', OF_CLIENT];
  const has = (key: string): boolean => Boolean(kafka.text(`sasl.${key}`));
  for (const key of others.filter(has))
    kafka.say(`sasl.${key}`, `has no effect with kafka.sasl.mechanism: ${mechanism}`);
  for (const key of wanted) if (!has(key)) kafka.say(`sasl.${key}`, `is needed for ${mechanism}`);
  if (secret === undefined) return;
  const name = `sasl.${secret}`;
  if (has(secret) || has(`${secret}File`)) kafka.checkSecret(name, name);
  else kafka.say(name, `is needed for ${mechanism}, or kafka.${name}File`);
  // The client's secret goes there.
  const url = kafka.text('sasl.tokenUrl');
  if (mechanism === 'OAUTHBEARER' && url && !isSafe(URL.parse(url)))
    kafka.say('sasl.tokenUrl', 'must be an https:// URL without user and password (http:// on this machine only)');
}

function isSafe(url: URL | null): boolean {
  const encrypted = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  return encrypted && url?.username === '' && url.password === '';
}

function checkTopics(kafka: ConfigSection): void {
  for (const key of ['topic', 'deadLetterTopic']) {
    const name = kafka.text(key);
    const problem = name === undefined ? undefined : topicNameProblem(name);
    if (problem !== undefined) kafka.say(key, problem);
  }
  const [topic, deadLetterTopic] = [kafka.text('topic'), kafka.text('deadLetterTopic')];
  if (topic === undefined || deadLetterTopic === undefined) return;
  if (topic === deadLetterTopic)
    kafka.say('deadLetterTopic', 'must not be kafka.topic: each bad message would come back as the next bad message');
  else if (topicsCollide(topic, deadLetterTopic))
    kafka.say('deadLetterTopic', 'differs from kafka.topic only in dots and underscores, which Kafka refuses');
}

const OWN_TOPICS = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state', '__cluster_metadata']);

/**
 * Why Kafka would not take this name for a topic, or would keep it for itself; undefined when it is fine.
 * org.apache.kafka.common.internals.Topic
 */
function topicNameProblem(name: string): string | undefined {
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name)) return 'must be 1 to 249 letters, digits, dots, underscores or dashes';
  if (name === '.' || name === '..') return 'must be more than dots';
  if (OWN_TOPICS.has(name)) return 'is a topic of Kafka itself';
  return undefined;
}

/** Whether Kafka takes two topics for one or refuses the second: in its metric names a dot becomes an underscore. */
function topicsCollide(one: string, other: string): boolean {
  return one.replaceAll('.', '_') === other.replaceAll('.', '_');
}
