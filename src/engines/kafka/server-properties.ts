import { randomBytes } from 'node:crypto';

/** A new cluster's id in Kafka's own form: 16 bytes in base64url; a leading dash would read as an option. */
export function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

/** The configuration of a single local node. Addresses are host:port, `dataFolder` is relative to where Kafka runs: in a path of its own choice a comma would make two. */
export function serverProperties(broker: string, controller: string, dataFolder: string): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    listeners: `PLAINTEXT://${broker},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${broker}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataFolder,
    'auto.create.topics.enable': false,
    // A dead letter carries the whole message, which may be far longer than an order.
    'message.max.bytes': 10_485_760,
    'replica.fetch.max.bytes': 10_485_760,
    'log.retention.hours': 168,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'group.initial.rebalance.delay.ms': 0,
    // After a kill the node may come back only when the session of its former life has ended (9 s by default).
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    ...internalTopic('offsets.topic', 'offsets.topic.num.partitions'),
    ...internalTopic('transaction.state.log', 'transaction.state.log.num.partitions'),
    'transaction.state.log.min.isr': 1,
    ...internalTopic('share.coordinator.state.topic', 'share.coordinator.state.topic.num.partitions'),
    'share.coordinator.state.topic.min.isr': 1,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escapeValue(String(value))}\n`)
    .join('');
}

/** One copy, as there is one node, and few partitions: each costs files and start-up time. */
function internalTopic(prefix: string, partitionsKey: string): Record<string, number> {
  return { [`${prefix}.replication.factor`]: 1, [partitionsKey]: 8 };
}

/** Backslashes begin escapes in a properties file, and it is read as Latin-1. */
function escapeValue(value: string): string {
  return value
    .replace(/\\/g, '\\\\')
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
