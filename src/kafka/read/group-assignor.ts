import type { ClusterMetadata } from '@platformatic/kafka';

/** A group's member and what it subscribes to, as far as it matters here. */
export interface Subscriber {
  readonly topics?: readonly string[];
}

/** What a member gets: topic → its partitions. */
type Share = Map<string, { topic: string; partitions: number[] }>;

/**
 * Deals out each topic's partitions in turn to the members that subscribe to it, as Kafka's own round-robin assignor does. The client's
 * assignor deals out the leader's topics to everybody: members of one group that read different topics would get partitions they never
 * look at, and nobody would read the rest.
 */
export function assignBySubscription(
  members: ReadonlyMap<string, Subscriber>,
  topics: ClusterMetadata['topics'],
): { memberId: string; assignments: Share }[] {
  const shares = new Map<string, Share>([...members.keys()].map((memberId) => [memberId, new Map()]));
  for (const [topic, { partitionsCount }] of topics) {
    const readers = [...members]
      .flatMap(([id, member]) => (member.topics?.includes(topic) ? [id] : []))
      .sort();
    for (let partition = 0; readers.length > 0 && partition < partitionsCount; partition += 1) {
      const share = shares.get(readers[partition % readers.length] ?? '');
      const dealt = share?.get(topic) ?? { topic, partitions: [] };
      dealt.partitions.push(partition);
      share?.set(topic, dealt);
    }
  }
  return [...shares].map(([memberId, assignments]) => ({ memberId, assignments }));
}
