import type { KafkaClients } from '../clients.ts';
import { withAdmin } from './topics.ts';

const LATEST = -1n;
const READ_UNCOMMITTED = 0;

/**
 * Where each partition of the topic ends, whether a transaction is still open there or not. A reader of committed messages may see
 * less.
 * @throws AppError `kafka_unavailable` (retryable), `topic_missing`.
 */
export function highWatermarks(kafka: KafkaClients, topic: string): Promise<Map<number, number>> {
  return withAdmin(kafka, async (admin) => {
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: LATEST,
    }));
    const [listed] = await admin.listOffsets({
      topics: [{ name: topic, partitions }],
      isolationLevel: READ_UNCOMMITTED,
    });
    return new Map((listed?.partitions ?? []).map((one) => [one.partitionIndex, Number(one.offset)]));
  });
}
