import type { LogRange, LogRecord } from './order-log.ts';
import type { TopicReader } from './topic-reader.ts';

/** The record at an offset; undefined when there is none. `ranges` are the topic's. */
export async function recordAt(
  topic: Pick<TopicReader, 'read'>,
  ranges: ReadonlyMap<number, LogRange>,
  { partition, offset }: { readonly partition: number; readonly offset: number },
): Promise<LogRecord | undefined> {
  const range = ranges.get(partition);
  if (range === undefined || offset < range.start || offset >= range.end) return undefined;
  for await (const { records } of topic.read(new Map([[partition, { start: offset, end: offset + 1 }]]))) {
    const found = records.find((record) => record.offset === offset);
    if (found !== undefined) return found;
  }
  return undefined;
}
