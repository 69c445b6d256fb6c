import type { LogRange } from '../kafka/read/order-log.ts';

/**
 * Shares partitions out, so that each share has about as many offsets: at most `most` shares, and fewer where one would
 * have less than `leastOffsets`.
 */
export function splitPartitions(
  ranges: ReadonlyMap<number, LogRange>,
  most: number,
  leastOffsets: number,
): readonly (readonly number[])[] {
  const sizes = [...ranges].map(([partition, { start, end }]) => ({ partition, size: Math.max(0, end - start) }));
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  const filled = sizes.filter(({ size }) => size > 0).length;
  const count = Math.max(1, Math.min(most, filled, Math.floor(total / leastOffsets)));
  const shares = Array.from({ length: count }, () => ({ partitions: [] as number[], size: 0 }));
  for (const { partition, size } of sizes.sort((a, b) => b.size - a.size || a.partition - b.partition)) {
    const least = shares.reduce((a, b) => (b.size < a.size ? b : a));
    least.partitions.push(partition);
    least.size += size;
  }
  return shares.map(({ partitions }) => partitions.sort((a, b) => a - b));
}
