import Type from 'typebox';
import type { GroupCatalog, GroupDetail } from '../../../kafka/admin/group-catalog.ts';
import { type OffsetTarget, parseOffsetTarget } from '../../../kafka/admin/offset-target.ts';
import type { CommittedOffset } from '../../../kafka/read/order-log.ts';
import { AppError } from '../../../lib/app-error.ts';
import { RULES } from '../../../order/wording.ts';
import { type Endpoint, endpoint, jsonBody } from '../../http/endpoint.ts';
import { badBody, ProblemError } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { DATABASE_UNAVAILABLE, KAFKA_UNAVAILABLE } from '../problems.ts';
import { LimitSchema } from '../schemas.ts';
import {
  GROUP_NOT_FOUND,
  GROUP_NOT_OWN,
  type GroupDetailJson,
  GroupDetailSchema,
  GroupListSchema,
  GroupNameSchema,
  OffsetMovesSchema,
  OffsetResetSchema,
} from './schemas.ts';
import { openTransactionJson } from './topics.ts';

/** The move of one partition's stored offset. */
export interface PartitionMove {
  readonly partition: number;
  /** First offset in the log. */
  readonly start: number;
  /** The offset after the last message. */
  readonly end: number;
  /** The stored offset. */
  readonly from: number;
  readonly to: number;
}

export interface MoveOptions {
  /** All of them when undefined. */
  readonly partitions?: readonly number[] | undefined;
  readonly dryRun: boolean;
}

/** The group of this service's consumers, and its offsets in PostgreSQL. */
interface OwnGroup {
  readonly group: string;
  readonly topic: string;
  /** Partition → next offset. @throws AppError `database_unavailable` */
  stored(): Promise<ReadonlyMap<number, number>>;
  /** Offsets changed by hand in Kafka that the consumer of this process has ignored, by partition. */
  ignoredMoves(): ReadonlyMap<number, { readonly movedTo: number }>;
  /**
   * Makes the consumers continue from another offset. @throws AppError `usage` for an unknown partition; as the engines
   * do
   */
  move(target: OffsetTarget, options: MoveOptions): Promise<readonly PartitionMove[]>;
}

export interface GroupEndpointsOptions {
  readonly groups: Pick<GroupCatalog, 'list' | 'find'>;
  readonly ownGroup: OwnGroup;
  /** The clock, ms since the Unix epoch. */
  readonly now: () => number;
}

type Position = GroupDetailJson['partitions'][number];

const COMMON = { tag: 'topics', access: 'guarded', problems: [KAFKA_UNAVAILABLE] } as const;

/** `/api/v1/consumer-groups`: who reads, and how far behind; moves the offsets of the service's own group. */
export function groupEndpoints({ groups, ownGroup, now }: GroupEndpointsOptions): Endpoint[] {
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/consumer-groups',
        operationId: 'listConsumerGroups',
        summary: 'The consumer groups of the cluster, a page at a time',
        query: Type.Object({
          limit: LimitSchema,
          text: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Contained in the name' })),
          topic: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 249,
              description:
                'Only groups that read this topic, with their lag there. Kafka has no list of them: the next `limit` groups are looked at, so a page may have none before the last.',
            }),
          ),
          cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Of the page before' })),
        }),
        responses: { 200: { description: 'By name', schema: GroupListSchema } },
      },
      async ({ query: { limit, text, topic, cursor } }) => {
        const [page, stored] = await Promise.all([groups.list({ limit, text, topic, after: cursor }), ownOffsets()]);
        const json = {
          groups: page.groups.map((group) => ({
            group: group.group,
            state: group.state,
            protocol_type: group.protocolType,
            members: group.members.length,
            ...summaryOf(
              group,
              positionsOf(group, stored).filter((one) => topic === undefined || one.topic === topic),
            ),
          })),
          total: page.total,
          next_cursor: page.next ?? null,
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/consumer-groups/{group}',
        operationId: 'getConsumerGroup',
        summary: 'One group: its members, and the offset and lag of each partition',
        params: Type.Object({ group: GroupNameSchema }),
        responses: { 200: { description: 'The group', schema: GroupDetailSchema } },
        problems: [...COMMON.problems, GROUP_NOT_FOUND],
      },
      async ({ params }) => ({ status: 200, json: await detail(params.group), headers: NO_STORE }),
    ),

    endpoint(
      {
        ...COMMON,
        method: 'post',
        path: '/api/v1/consumer-groups/{group}/offsets',
        operationId: 'resetOffsets',
        summary: 'Make this service’s consumers continue from another offset',
        description:
          'Moves the offsets in PostgreSQL, which are the ones that count; those in Kafka only follow. Consumers may be running: a transaction that expects another offset fails, and within seconds they continue from the new one. Orders that are read again are stored once; messages that are not orders become dead letters again; skipped messages are not stored.',
        params: Type.Object({ group: GroupNameSchema }),
        body: jsonBody(OffsetResetSchema),
        responses: { 200: { description: 'What was moved, or would be', schema: OffsetMovesSchema } },
        problems: [...COMMON.problems, DATABASE_UNAVAILABLE, GROUP_NOT_FOUND, GROUP_NOT_OWN],
      },
      async ({ params: { group }, body: { to, partitions, dry_run = false } }) => {
        const { topic } = ownGroup;
        if (group !== ownGroup.group) {
          const other = await groups.find(group);
          throw new ProblemError(other === undefined ? GROUP_NOT_FOUND : GROUP_NOT_OWN);
        }
        const target = parseOffsetTarget(String(to), now());
        if (target === undefined) throw badBody('/to', RULES.offset_target);
        const moves = await ownGroup.move(target, { partitions, dryRun: dry_run }).catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'usage') throw badBody('/partitions', error.message);
          throw error;
        });
        return { status: 200, json: { topic, dry_run, partitions: [...moves] }, headers: NO_STORE };
      },
    ),
  ];

  /** Without PostgreSQL the groups can still be listed. */
  function ownOffsets(): Promise<ReadonlyMap<number, number>> {
    return ownGroup.stored().catch(() => new Map<number, number>());
  }

  /** For the own group PostgreSQL's offset counts: Kafka's follows it. */
  function positionsOf({ group, partitions }: GroupDetail, stored: ReadonlyMap<number, number>): Position[] {
    return partitions.map(({ topic, partition, committed, end, stableEnd }) => {
      const own = group === ownGroup.group && topic === ownGroup.topic;
      const offset = own ? stored.get(partition) : undefined;
      // The service's own group reads a partition it has not begun from its start.
      const at = offset ?? committed?.offset ?? (own ? 0 : undefined);
      return {
        topic,
        partition,
        committed: committed?.offset ?? null,
        stored: offset ?? null,
        ignored: offset === undefined ? null : ignoredOf(partition, committed, offset),
        end: end ?? null,
        stable_end: stableEnd ?? null,
        lag: end === undefined || at === undefined ? null : Math.max(0, end - at),
        pending: end === undefined || stableEnd === undefined ? null : Math.max(0, end - Math.max(stableEnd, at ?? 0)),
      };
    });
  }

  /** The offset that was set by hand in Kafka and ignored; after a start the consumer has overwritten it. */
  function ignoredOf(partition: number, committed: CommittedOffset | undefined, stored: number): number | null {
    if (committed?.byHand === true && committed.offset !== stored) return committed.offset;
    return ownGroup.ignoredMoves().get(partition)?.movedTo ?? null;
  }

  function summaryOf({ group }: GroupDetail, positions: readonly Position[]) {
    return {
      own: group === ownGroup.group,
      ignored: positions.filter(({ ignored }) => ignored !== null).length,
      ...sumsOf(positions),
    };
  }

  async function detail(name: string): Promise<GroupDetailJson> {
    const [group, stored] = await Promise.all([
      groups.find(name),
      name === ownGroup.group ? ownOffsets() : new Map<number, number>(),
    ]);
    if (group === undefined) throw new ProblemError(GROUP_NOT_FOUND);
    const partitions = positionsOf(group, stored);
    return {
      group: group.group,
      state: group.state,
      protocol_type: group.protocolType,
      protocol: group.protocol,
      coordinator: group.coordinator,
      members: group.members.map(({ memberId, clientId, host, assigned }) => ({
        member_id: memberId,
        client_id: clientId,
        host,
        assigned: Object.fromEntries([...assigned].map(([topic, numbers]) => [topic, [...numbers]])),
      })),
      ...summaryOf(group, partitions),
      partitions,
      open_transactions: group.openTransactions.map(openTransactionJson),
    };
  }
}

function sumsOf(partitions: readonly Position[]): { lag: number; pending: number } {
  const sum = (of: 'lag' | 'pending') => partitions.reduce((total, one) => total + (one[of] ?? 0), 0);
  return { lag: sum('lag'), pending: sum('pending') };
}
