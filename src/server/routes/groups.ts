import Type from 'typebox';
import type { GroupCatalog } from '../../kafka/group-catalog.ts';
import { type Endpoint, endpoint } from '../endpoint.ts';
import { ProblemError } from '../problem.ts';
import { NO_STORE } from '../reply.ts';
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
        summary: 'The consumer groups of the cluster',
        responses: { 200: { description: 'By name', schema: GroupListSchema } },
      },
      async () => {
        const found = await groups.list();
        const json = {
          groups: found.map(({ protocolType, ...rest }) => ({ ...rest, protocol_type: protocolType })),
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

  async function detail(name: string): Promise<GroupDetailJson> {
    const own = name === ownGroup.group;
    // Without PostgreSQL the group is still worth a look.
    const [group, stored] = await Promise.all([
      groups.find(name),
      own ? ownGroup.stored().catch(() => new Map<number, number>()) : new Map<number, number>(),
    ]);
    if (group === undefined) throw new ProblemError('group-not-found');
    const partitions = group.partitions.map(({ topic, partition, committed, end }) => {
      const offset = own && topic === ownGroup.topic ? stored.get(partition) : undefined;
      const at = offset ?? committed;
      return {
        topic,
        partition,
        committed: committed ?? null,
        stored: offset ?? null,
        end: end ?? null,
        lag: end === undefined || at === undefined ? null : Math.max(0, end - at),
      };
    });
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
      lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
      partitions,
    };
  }
}
