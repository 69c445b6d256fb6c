import type { TopicCatalog } from '../../../kafka/admin/topic-catalog.ts';
import { within } from '../../../lib/deadline.ts';
import type { TopicReading } from './figures.ts';

/** Next offset to store, by partition. */
export type Positions = ReadonlyMap<number, number>;

const PATIENCE_MS = 800;

/**
 * How far a topic is stored. While PostgreSQL does not answer that is what it said last, since nothing can be stored:
 * so what arrives meanwhile is seen to wait. It is asked once at a time, however long it is silent.
 */
export class LastPositions {
  readonly #read: (topicId: string) => Promise<Positions>;
  readonly #patienceMs: number;
  #known: { readonly topicId: string; readonly positions: Positions } | undefined;
  #asking: Promise<void> | undefined;

  constructor(read: (topicId: string) => Promise<Positions>, patienceMs = PATIENCE_MS) {
    this.#read = read;
    this.#patienceMs = patienceMs;
  }

  /**
   * @throws what reading threw, or AppError `aborted` when it took too long, while nothing is known of this incarnation
   * of the topic
   */
  async find(topicId: string): Promise<Positions> {
    this.#asking ??= this.#ask(topicId).finally(() => {
      this.#asking = undefined;
    });
    let failure: unknown;
    try {
      await within(this.#patienceMs, this.#asking);
    } catch (error) {
      failure = error;
    }
    if (this.#known?.topicId === topicId) return this.#known.positions;
    throw failure ?? new Error('another incarnation of the topic was asked for');
  }

  async #ask(topicId: string): Promise<void> {
    this.#known = { topicId, positions: await this.#read(topicId) };
  }
}

/** Reads where the orders' log ends, how far it is stored, and how many letters there are. */
export function topicReader(
  topics: Pick<TopicCatalog, 'ends'>,
  positions: LastPositions,
  { topic, deadLetterTopic }: { readonly topic: string; readonly deadLetterTopic: string },
): () => Promise<TopicReading> {
  return async () => {
    const ends = await topics.ends([topic, deadLetterTopic]);
    const orders = ends.get(topic);
    const stored = await positions.find(orders?.topicId ?? '');
    const partitions = [...(orders?.ends ?? [])].map(([partition, ends]) => ({
      partition,
      ...ends,
      stored: stored.get(partition),
    }));
    const letters = ends.get(deadLetterTopic)?.ends.values() ?? [];
    return {
      partitions: partitions.sort((a, b) => a.partition - b.partition),
      deadLetters: [...letters].reduce((sum, { end }) => sum + end, 0),
    };
  };
}
