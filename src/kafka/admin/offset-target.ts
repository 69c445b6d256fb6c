import { parseWhen } from '../../order/instant.ts';
import type { TopicReader } from '../read/topic-reader.ts';

/**
 * Where to read a partition from: one end of its log, the first message at or after an instant (ms since the Unix
 * epoch), or an offset.
 */
export type OffsetTarget = 'earliest' | 'latest' | { readonly at: number } | { readonly offset: number };

/** How to write a target, for people. */
export const OFFSET_TARGETS = 'earliest, latest, an offset, RFC 3339, or an age such as 15m';

/** `earliest`, `latest`, `17`, `2026-01-31T12:00:00Z`, `15m` → the target; undefined for anything else. */
export function parseOffsetTarget(text: string, now: number): OffsetTarget | undefined {
  if (text === 'earliest' || text === 'latest') return text;
  if (/^\d{1,15}$/.test(text)) return { offset: Number(text) };
  const at = parseWhen(text, now);
  return at === undefined ? undefined : { at };
}

/**
 * The offset of the target in each partition. An offset outside the log becomes its nearest end, an instant after the
 * last message its end.
 * @throws AppError `kafka_unavailable`
 */
export async function targetOffsets(
  source: Pick<TopicReader, 'ranges' | 'offsetsAt'>,
  target: OffsetTarget,
): Promise<Map<number, number>> {
  const ranges = await source.ranges();
  const atInstant = typeof target === 'object' && 'at' in target ? await source.offsetsAt(target.at) : undefined;
  return new Map(
    [...ranges].map(([partition, { start, end }]) => {
      if (target === 'earliest') return [partition, start];
      if (target === 'latest') return [partition, end];
      const wanted = 'offset' in target ? target.offset : (atInstant?.get(partition) ?? end);
      return [partition, Math.min(Math.max(wanted, start), end)];
    }),
  );
}
