import Type from 'typebox';
import type { GroupCatalog, GroupDetail } from '../../kafka/group-catalog.ts';
import { type Endpoint, endpoint } from '../endpoint.ts';
import { openTransactionJson } from '../open-transaction.ts';
import { ProblemError } from '../problem.ts';
import { NO_STORE } from '../reply.ts';
import { LimitSchema } from '../schemas.ts';
import {
  type GroupDetailJson,
  GroupDetailSchema,
  GroupListSchema,
  GroupNameSchema,
} from '../topic-schemas.ts';

/** The group this service's consumers are in, and where PostgreSQL is. */
export interface OwnGroup {
  readonly group: string;
  readonly topic: string;
  /** Partition → next offset. @throws AppError `database_unavailable` */
  stored(): Promise<ReadonlyMap<number, number>>;
}

export interface GroupEndpointsOptions {
  readonly groups: Pick<GroupCatalog, 'list' | 'find'>;
  readonly ownGroup: OwnGroup;
}

type Position = GroupDetailJson['partitions'][number];

const COMMON = { tag: 'topics', access: 'guarded', problems: ['kafka-unavailable'] } as const;

/** `/api/v1/consumer-groups`: who reads, and how far behind. */
export function groupEndpoints({ groups, ownGroup }: GroupEndpointsOptions): Endpoint[] {
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
          text: Type.Optional(
            Type.String({ minLength: 1, maxLength: 255, description: 'With this in the name' }),
          ),
          cursor: Type.Optional(
            Type.String({ minLength: 1, maxLength: 255, description: 'Of the page before' }),
          ),
        }),
        responses: { 200: { description: 'By name', schema: GroupListSchema } },
      },
      async ({ query: { limit, text, cursor } }) => {
        const [page, stored] = await Promise.all([groups.list({ limit, text, after: cursor }), ownOffsets()]);
        const json = {
          groups: page.groups.map((group) => ({
            group: group.group,
            state: group.state,
            protocol_type: group.protocolType,
            members: group.members.length,
            ...sumsOf(positionsOf(group, stored)),
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
        problems: [...COMMON.problems, 'group-not-found'],
      },
      async ({ params }) => ({ status: 200, json: await detail(params.group), headers: NO_STORE }),
    ),
  ];

  /** Without PostgreSQL the groups are still worth a look. */
  function ownOffsets(): Promise<ReadonlyMap<number, number>> {
    return ownGroup.stored().catch(() => new Map<number, number>());
  }

  /** For the own group PostgreSQL's offset counts: Kafka's follows it. */
  function positionsOf({ group, partitions }: GroupDetail, stored: ReadonlyMap<number, number>): Position[] {
    return partitions.map(({ topic, partition, committed, end, stableEnd }) => {
      const own = group === ownGroup.group && topic === ownGroup.topic;
      const offset = own ? stored.get(partition) : undefined;
      // A partition the own group has not begun is read from its start.
      const at = offset ?? committed ?? (own ? 0 : undefined);
      return {
        topic,
        partition,
        committed: committed ?? null,
        stored: offset ?? null,
        end: end ?? null,
        stable_end: stableEnd ?? null,
        lag: end === undefined || at === undefined ? null : Math.max(0, end - at),
        pending:
          end === undefined || stableEnd === undefined
            ? null
            : Math.max(0, end - Math.max(stableEnd, at ?? 0)),
      };
    });
  }

  async function detail(name: string): Promise<GroupDetailJson> {
    const [group, stored] = await Promise.all([
      groups.find(name),
      name === ownGroup.group ? ownOffsets() : new Map<number, number>(),
    ]);
    if (group === undefined) throw new ProblemError('group-not-found');
    const partitions = positionsOf(group, stored);
    return {
      group: group.group,
      state: group.state,
      protocol_type: group.protocolType,
      members: group.members.map(({ memberId, clientId, host, assigned }) => ({
        member_id: memberId,
        client_id: clientId,
        host,
        assigned: Object.fromEntries([...assigned].map(([topic, numbers]) => [topic, [...numbers]])),
      })),
      ...sumsOf(partitions),
      partitions,
      open_transactions: group.openTransactions.map(openTransactionJson),
    };
  }
}

function sumsOf(partitions: readonly Position[]): { lag: number; pending: number } {
  const sum = (of: 'lag' | 'pending') => partitions.reduce((total, one) => total + (one[of] ?? 0), 0);
  return { lag: sum('lag'), pending: sum('pending') };
}
