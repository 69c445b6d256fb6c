import Type from 'typebox';
import type { OpenTransaction } from '../../../kafka/admin/open-transactions.ts';
import type { TopicCatalog, TopicSummary } from '../../../kafka/admin/topic-catalog.ts';
import { rfc3339 } from '../../../lib/rfc3339.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { NO_STORE } from '../../http/reply.ts';
import { KAFKA_UNAVAILABLE, orNotFound, TOPIC_NOT_FOUND } from '../problems.ts';
import {
  type OpenTransactionJson,
  TopicDetailSchema,
  type TopicJson,
  TopicListSchema,
  TopicNameSchema,
  type TopicUse,
} from './schemas.ts';

export interface TopicEndpointsOptions {
  readonly topics: Pick<TopicCatalog, 'list' | 'find'>;
  /** The topics this service works with, by name. */
  readonly topicUses: ReadonlyMap<string, TopicUse>;
}

const COMMON = { tag: 'topics', access: 'guarded', problems: [KAFKA_UNAVAILABLE] } as const;

/** `/api/v1/topics`: the topics, and one with its partitions and settings. */
export function topicEndpoints({ topics, topicUses }: TopicEndpointsOptions): Endpoint[] {
  const summaryJson = (topic: TopicSummary) => ({ ...factsJson(topic), use: topicUses.get(topic.name) ?? null });
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/topics',
        operationId: 'listTopics',
        summary: 'The topics of the cluster',
        query: Type.Object({ internal: Type.Boolean({ default: false, description: 'Include Kafka’s own topics' }) }),
        responses: { 200: { description: 'By name', schema: TopicListSchema } },
      },
      async ({ query }) => {
        const found = await topics.list(query.internal);
        return { status: 200, json: { topics: found.map(summaryJson) }, headers: NO_STORE };
      },
    ),

    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/topics/{topic}',
        operationId: 'getTopic',
        summary: 'One topic: the offsets and the leader of each partition, and all settings',
        params: Type.Object({ topic: TopicNameSchema }),
        responses: { 200: { description: 'The topic', schema: TopicDetailSchema } },
        problems: [...COMMON.problems, TOPIC_NOT_FOUND],
      },
      async ({ params }) => {
        const topic = await orNotFound(topics.find(params.topic));
        const json = {
          ...summaryJson(topic),
          partition_details: topic.partitionDetails.map(({ leader, inSyncReplicas, stableEnd, bytes, ...rest }) => ({
            ...rest,
            bytes: bytes ?? null,
            stable_end: stableEnd,
            leader: leader ?? null,
            in_sync_replicas: inSyncReplicas,
          })),
          settings: topic.settings.map((one) => ({ ...one, own: one.source === 'topic' })),
          open_transactions: topic.openTransactions.map(openTransactionJson),
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),
  ];
}

function factsJson(topic: TopicSummary): Omit<TopicJson, 'use'> {
  return {
    name: topic.name,
    topic_id: topic.topicId ?? null,
    internal: topic.internal,
    partitions: topic.partitions ?? null,
    replication_factor: topic.replicationFactor ?? null,
    messages: topic.messages ?? null,
    pending: topic.pending ?? null,
  };
}

export function openTransactionJson(one: OpenTransaction): OpenTransactionJson {
  return {
    topic: one.topic,
    partition: one.partition,
    first_offset: one.firstOffset,
    producer_id: one.producerId,
    transactional_id: one.transactionalId ?? null,
    started_at: one.startedAt === undefined ? null : rfc3339(one.startedAt),
    timeout_ms: one.timeoutMs ?? null,
  };
}
