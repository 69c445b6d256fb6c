import type { FindCoordinatorResult, GroupMember as KafkaMember } from '@platformatic/kafka';
import { formatAddress } from '../../lib/address.ts';
import type { CommittedOffset } from '../read/order-log.ts';
import type { KeptAdmin } from './kept-admin.ts';
import { type OpenTransaction, openTransactions } from './open-transactions.ts';
import type { TopicCatalog, TopicEnds } from './topic-catalog.ts';

interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  /** Topic → partitions. */
  readonly assigned: ReadonlyMap<string, readonly number[]>;
}

interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  /** The group's committed offset; undefined before the first commit. */
  readonly committed: CommittedOffset | undefined;
  /** The high watermark; undefined if the partition is gone or no broker tells. */
  readonly end: number | undefined;
  /** The last stable offset: messages between it and the end wait for an open transaction. */
  readonly stableEnd: number | undefined;
}

export interface GroupDetail {
  readonly group: string;
  /** As Kafka names it: `Stable`, `Empty`, `PreparingRebalance`, … */
  readonly state: string;
  /** `consumer` for consumers. */
  readonly protocolType: string;
  /** How partitions are shared out, such as `range`; empty without members. */
  readonly protocol: string;
  readonly members: readonly GroupMember[];
  /**
   * Every partition of each topic that the group has committed offsets of or a member reads, including partitions added
   * since.
   */
  readonly partitions: readonly GroupPartition[];
}

/** A group with what only one group alone is asked for. */
export interface WholeGroup extends GroupDetail {
  /** The broker that keeps it; its address is host:port. */
  readonly coordinator: { readonly broker: number; readonly address: string };
  /** In its partitions with waiting messages, as far as the brokers tell. */
  readonly openTransactions: readonly OpenTransaction[];
}

export interface GroupQuery {
  /** Only groups with this in their names. */
  readonly text?: string | undefined;
  /** Only groups that read this topic. */
  readonly topic?: string | undefined;
  /** Only groups whose names come after this one. */
  readonly after?: string | undefined;
  /** Groups to look at: with a topic a page may have fewer, or none. */
  readonly limit: number;
}

export interface GroupPage {
  /** By name. */
  readonly groups: readonly GroupDetail[];
  /** Number of groups with the text in their names. */
  readonly total: number;
  /** `after` of the next page; undefined after the last. */
  readonly next: string | undefined;
}

type Committed = Map<string, Map<number, CommittedOffset | undefined>>;

/** The kind of key that a group is, in the protocol's FindCoordinator. */
const GROUP_KEY = 0;

/** Lists consumer groups. Every call throws AppError `kafka_unavailable` (retryable) while Kafka can't answer. */
export class GroupCatalog {
  readonly #admin: KeptAdmin;
  readonly #topics: TopicCatalog;

  constructor(admin: KeptAdmin, topics: TopicCatalog) {
    this.#admin = admin;
    this.#topics = topics;
  }

  /** A page of groups. Kafka names all groups at once, but only those of the page are described. */
  async list({ text = '', topic, after = '', limit }: GroupQuery): Promise<GroupPage> {
    const listed = await this.#admin.ask('listing groups', (admin) => admin.listGroups());
    const names = [...listed.keys()].filter((name) => name.includes(text)).sort();
    const rest = names.filter((name) => name > after);
    const looked = await this.#look(rest.slice(0, limit));
    const groups = looked.filter(
      ({ partitions }) => topic === undefined || partitions.some((one) => one.topic === topic),
    );
    return { groups, total: names.length, next: rest.length > limit ? rest[limit - 1] : undefined };
  }

  /** Undefined if the group does not exist. */
  async find(name: string): Promise<WholeGroup | undefined> {
    const [group] = await this.#look([name]);
    if (group === undefined) return undefined;
    const waiting = group.partitions.filter(({ end = 0, stableEnd = 0 }) => end > stableEnd);
    const byTopic = [...Map.groupBy(waiting, ({ topic }) => topic)];
    const [[coordinator], ...open] = await this.#admin.ask(`group ${name}`, (admin) =>
      Promise.all([
        admin.findCoordinator({ keyType: GROUP_KEY, keys: [name] }),
        ...byTopic.map(([topic, of]) =>
          openTransactions(
            admin,
            topic,
            of.map(({ partition }) => partition),
          ),
        ),
      ]),
    );
    if (coordinator === undefined) return undefined;
    return { ...group, coordinator: coordinatorOf(coordinator), openTransactions: open.flat() };
  }

  /** The existing ones, in the order of their names here. */
  async #look(names: readonly string[]): Promise<GroupDetail[]> {
    if (names.length === 0) return [];
    const { described, offsets } = await this.#admin.ask(`groups ${names.join(', ')}`, async (admin) => ({
      described: await admin.describeGroups({ groups: [...names] }),
      offsets: await admin.listConsumerGroupOffsets({ groups: [...names] }),
    }));
    const found = names.flatMap((name) => {
      const group = described.get(name);
      if (group === undefined || group.state.toUpperCase() === 'DEAD') return [];
      const members = [...group.members.values()].map(memberOf);
      const committed = committedOf(offsets.find(({ groupId }) => groupId === name)?.topics ?? []);
      for (const { assigned } of members) addAssigned(committed, assigned);
      return [{ name, group, members, committed }];
    });
    const ends = await this.#endsOf(new Set(found.flatMap(({ committed }) => [...committed.keys()])));
    return found.map(({ name, group, members, committed }) => ({
      group: name,
      state: group.state,
      protocolType: group.protocolType,
      protocol: group.protocol,
      members,
      partitions: [...committed].flatMap(([topic, partitions]) =>
        [...new Set([...partitions.keys(), ...(ends.get(topic)?.keys() ?? [])])]
          .sort((a, b) => a - b)
          .map((partition) => ({
            topic,
            partition,
            committed: partitions.get(partition),
            end: ends.get(topic)?.get(partition)?.end,
            stableEnd: ends.get(topic)?.get(partition)?.stableEnd,
          })),
      ),
    }));
  }

  /** Topics that groups once read may be gone; the ends of the others are still returned. */
  async #endsOf(topics: ReadonlySet<string>): Promise<Map<string, TopicEnds['ends']>> {
    const ask = async (names: readonly string[]) =>
      [...(await this.#topics.ends(names))].map(([name, { ends }]) => [name, ends] as const);
    const all = await ask([...topics]).catch(() => undefined);
    if (all !== undefined) return new Map(all);
    const each = await Promise.all([...topics].map((name) => ask([name]).catch(() => [])));
    return new Map(each.flat());
  }
}

function coordinatorOf({ nodeId, host, port }: FindCoordinatorResult): WholeGroup['coordinator'] {
  return { broker: nodeId, address: formatAddress({ host, port }) };
}

function memberOf(member: KafkaMember): GroupMember {
  return {
    memberId: member.id,
    clientId: member.clientId,
    host: member.clientHost,
    assigned: new Map([...(member.assignments ?? [])].map(([topic, { partitions }]) => [topic, partitions])),
  };
}

/** Adds what a member reads without having committed anything yet. */
function addAssigned(committed: Committed, assigned: GroupMember['assigned']): void {
  for (const [topic, partitions] of assigned) {
    const known = committed.get(topic) ?? new Map<number, CommittedOffset | undefined>();
    for (const partition of partitions) if (!known.has(partition)) known.set(partition, undefined);
    committed.set(topic, known);
  }
}

interface CommittedTopic {
  readonly name: string;
  readonly partitions: readonly CommittedPartition[];
}

interface CommittedPartition {
  readonly partitionIndex: number;
  /** −1 for none. */
  readonly committedOffset: bigint;
  /** −1 for none, which is what `kafka-consumer-groups --reset-offsets` commits. */
  readonly committedLeaderEpoch: number;
}

/** A partition of Kafka's answer; undefined when the group has committed nothing. */
export function committedOffset(one: CommittedPartition): CommittedOffset | undefined {
  if (one.committedOffset < 0n) return undefined;
  return { offset: Number(one.committedOffset), byHand: one.committedLeaderEpoch < 0 };
}

function committedOf(topics: readonly CommittedTopic[]): Committed {
  return new Map(
    topics.map(({ name, partitions }) => [
      name,
      new Map(partitions.map((one) => [one.partitionIndex, committedOffset(one)])),
    ]),
  );
}
