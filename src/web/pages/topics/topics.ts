import { useQuery } from '@tanstack/react-query';
import type { Topic } from '../../../client/schema.generated.ts';
import { api, dataOf } from '../../api/client.ts';
import { refetchEvery } from '../../api/queries.ts';
import { setQuery } from '../../app/navigation.tsx';

/** The topics of the cluster but Kafka’s own, kept up to date. */
export function useTopics() {
  const { data, error } = useQuery({
    queryKey: ['topics'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/topics', { signal })),
    refetchInterval: refetchEvery(10_000),
  });
  const topics = data?.topics ?? [];
  return { topics, error, of: (name: string): Topic | undefined => topics.find((one) => one.name === name) };
}

/** One topic in full, kept up to date. */
export function useTopic(topic: string) {
  return useQuery({
    queryKey: ['topics', topic],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/topics/{topic}', { params: { path: { topic } }, signal })),
    refetchInterval: refetchEvery(5_000),
  });
}

/** Shows the messages of another topic; a place in the one before says nothing of it. */
export function chooseTopic(topic: string): void {
  setQuery({ topic, message: undefined, partition: undefined, offset: undefined });
}
