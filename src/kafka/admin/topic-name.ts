const OWN_TOPICS = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
  '__cluster_metadata',
]);

/**
 * Why Kafka would not take this name for a topic, or would keep it for itself; undefined when it is fine.
 * org.apache.kafka.common.internals.Topic
 */
export function topicNameProblem(name: string): string | undefined {
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name))
    return 'must be 1 to 249 letters, digits, dots, underscores or dashes';
  if (name === '.' || name === '..') return 'must be more than dots';
  if (OWN_TOPICS.has(name)) return 'is a topic of Kafka itself';
  return undefined;
}

/** Whether Kafka takes two topics for one, or refuses the second: in the names of its metrics a dot is an underscore. */
export function topicsCollide(one: string, other: string): boolean {
  return one.replaceAll('.', '_') === other.replaceAll('.', '_');
}
