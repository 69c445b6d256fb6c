import Type from 'typebox';
import type { TopicCatalog, TopicSummary } from '../../../kafka/admin/topic-catalog.ts';
import { AppError } from '../../../lib/app-error.ts';
import { type Endpoint, endpoint } from '../../http/endpoint.ts';
import { ProblemError } from '../../http/problem.ts';
import { NO_STORE } from '../../http/reply.ts';
import { openTransactionJson } from './open-transaction.ts';
import { TopicDetailSchema, TopicListSchema, TopicNameSchema } from './schemas.ts';

const COMMON = { tag: 'topics', access: 'guarded', problems: ['kafka-unavailable'] } as const;

/** `/api/v1/topics`: what topics there are, one with its partitions and settings. */
export function topicEndpoints({
  topics,
}: {
  readonly topics: Pick<TopicCatalog, 'list' | 'find'>;
}): Endpoint[] {
  return [
    endpoint(
      {
        ...COMMON,
        method: 'get',
        path: '/api/v1/topics',
        operationId: 'listTopics',
        summary: 'The topics of the cluster',
        query: Type.Object({
          internal: Type.Boolean({ default: false, description: 'Kafka’s own ones, too' }),
        }),
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
        summary: 'One topic: where each partition begins and ends, who leads it, and all settings',
        params: Type.Object({ topic: TopicNameSchema }),
        responses: { 200: { description: 'The topic', schema: TopicDetailSchema } },
        problems: [...COMMON.problems, 'topic-not-found'],
      },
      async ({ params }) => {
        const topic = await orNotFound(topics.find(params.topic));
        const json = {
          ...summaryJson(topic),
          partition_details: topic.partitionDetails.map(({ leader, inSyncReplicas, stableEnd, ...rest }) => ({
            ...rest,
            stable_end: stableEnd,
            leader: leader ?? null,
            in_sync_replicas: inSyncReplicas,
          })),
          settings: topic.settings,
          open_transactions: topic.openTransactions.map(openTransactionJson),
        };
        return { status: 200, json, headers: NO_STORE };
      },
    ),
  ];
}

/** A topic that is not there, as a 404. */
export async function orNotFound<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError && error.code === 'topic_missing')
      throw new ProblemError('topic-not-found');
    throw error;
  }
}

function summaryJson(topic: TopicSummary): object {
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
