import type { Admin, Group } from '@platformatic/kafka';
import type { KeptAdmin } from './kept-admin.ts';
import type { TopicCatalog } from './topic-catalog.ts';

export interface GroupSummary {
  readonly group: string;
  /** As Kafka names it: `Stable`, `Empty`, `PreparingRebalance`, … */
  readonly state: string;
  /** `consumer` for consumers. */
  readonly protocolType: string;
  readonly members: number;
}

export interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  /** Topic → partitions. */
  readonly assigned: ReadonlyMap<string, readonly number[]>;
}

export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  /** Where the group says it reads on; undefined when it has said nothing yet. */
  readonly committed: number | undefined;
  /** Undefined when the partition is gone, or nobody can tell. */
  readonly end: number | undefined;
}

export interface GroupDetail extends Omit<GroupSummary, 'members'> {
  readonly members: readonly GroupMember[];
  /** Every partition with a committed offset or a member that reads it. */
  readonly partitions: readonly GroupPartition[];
}

/** What consumer groups there are. Every call throws AppError `kafka_unavailable` (retryable) while Kafka can't answer. */
export class GroupCatalog {
  readonly #admin: KeptAdmin;
  readonly #topics: TopicCatalog;

  constructor(admin: KeptAdmin, topics: TopicCatalog) {
    this.#admin = admin;
    this.#topics = topics;
  }

  list(): Promise<GroupSummary[]> {
    return this.#admin.ask('listing groups', async (admin) => {
      const groups = await admin.listGroups();
      const names = [...groups.keys()].sort();
      const described = await describe(admin, names);
      return names.map((group) => ({
        group,
        state: groups.get(group)?.state ?? 'Unknown',
        protocolType: groups.get(group)?.protocolType ?? '',
        members: described.get(group)?.members.size ?? 0,
      }));
    });
  }

  /** Undefined when there is no such group. */
  async find(name: string): Promise<GroupDetail | undefined> {
    const found = await this.#admin.ask(`group ${name}`, async (admin) => {
      const group = (await describe(admin, [name])).get(name);
      if (group === undefined || group.state.toUpperCase() === 'DEAD') return undefined;
      const [offsets] = await admin.listConsumerGroupOffsets({ groups: [name] });
      return { group, committed: committedOf(offsets?.topics ?? []) };
    });
    if (found === undefined) return undefined;
    const { group, committed } = found;
    const members = [...group.members.values()].map((member) => ({
      memberId: member.id,
      clientId: member.clientId,
      host: member.clientHost,
      assigned: new Map(
        [...(member.assignments ?? [])].map(([topic, { partitions }]) => [topic, partitions]),
      ),
    }));
    for (const { assigned } of members) {
      for (const [topic, partitions] of assigned) {
        const known = committed.get(topic) ?? new Map<number, number | undefined>();
        for (const partition of partitions) if (!known.has(partition)) known.set(partition, undefined);
        committed.set(topic, known);
      }
    }
    const ends = await Promise.all([...committed.keys()].map((topic) => this.#endsOf(topic)));
    const endOf = new Map(ends);
    return {
      group: name,
      state: group.state,
      protocolType: group.protocolType,
      members,
      partitions: [...committed].flatMap(([topic, partitions]) =>
        [...partitions]
          .sort(([a], [b]) => a - b)
          .map(([partition, offset]) => ({
            topic,
            partition,
            committed: offset,
            end: endOf.get(topic)?.get(partition),
          })),
      ),
    };
  }

  /** A topic the group once read may be gone. */
  async #endsOf(topic: string): Promise<readonly [string, ReadonlyMap<number, number>]> {
    const found = await this.#topics.ends([topic]).catch(() => undefined);
    return [topic, found?.get(topic)?.ends ?? new Map()];
  }
}

async function describe(admin: Admin, groups: string[]): Promise<Map<string, Group>> {
  return groups.length === 0 ? new Map() : await admin.describeGroups({ groups });
}

interface CommittedTopic {
  readonly name: string;
  readonly partitions: ReadonlyArray<{ readonly partitionIndex: number; readonly committedOffset: bigint }>;
}

function committedOf(topics: readonly CommittedTopic[]): Map<string, Map<number, number | undefined>> {
  return new Map(
    topics.map(({ name, partitions }) => [
      name,
      new Map(
        partitions.map(({ partitionIndex, committedOffset }) => [
          partitionIndex,
          committedOffset < 0n ? undefined : Number(committedOffset),
        ]),
      ),
    ]),
  );
}
