import { parseBoundedJson } from '../../lib/bounded-json.ts';
import type { LogRange } from './order-log.ts';

/** What is still to read of a topic. */
export interface Cursor {
  readonly topicId: string;
  readonly ranges: ReadonlyMap<number, LogRange>;
}

/** As URL-safe text; undefined when nothing is left to read. */
export function encodeCursor({ topicId, ranges }: Cursor): string | undefined {
  const left = [...ranges].filter(([, { start, end }]) => start < end);
  if (left.length === 0) return undefined;
  const parts = left.map(([partition, { start, end }]) => [partition, start, end]);
  return Buffer.from(JSON.stringify([topicId, parts])).toString('base64url');
}

/** The opposite; undefined when the text is no cursor. It comes from outside, so nothing about it is trusted. */
export function decodeCursor(text: string): Cursor | undefined {
  try {
    const decoded = parseBoundedJson(Buffer.from(text, 'base64url'));
    if (!Array.isArray(decoded)) return undefined;
    const [topicId, parts]: unknown[] = decoded;
    if (typeof topicId !== 'string' || !Array.isArray(parts) || !parts.every(isPart)) return undefined;
    return { topicId, ranges: new Map(parts.map(([partition, start, end]) => [partition, { start, end }])) };
  } catch {
    return undefined;
  }
}

/** The cursor's ranges as far as the topic still has them. */
export function clamp(
  cursor: ReadonlyMap<number, LogRange>,
  now: ReadonlyMap<number, LogRange>,
): Map<number, LogRange> {
  const ranges = new Map<number, LogRange>();
  for (const [partition, { start, end }] of cursor) {
    const there = now.get(partition);
    if (there === undefined) continue;
    const range = { start: Math.max(start, there.start), end: Math.min(end, there.end) };
    if (range.start < range.end) ranges.set(partition, range);
  }
  return ranges;
}

function isPart(value: unknown): value is [number, number, number] {
  return (
    Array.isArray(value) && value.length === 3 && value.every((one) => Number.isSafeInteger(one) && one >= 0)
  );
}
