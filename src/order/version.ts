/** Which version of an order it is, as far as that can be told across partitions. */
export interface Version {
  readonly partition: number;
  /** ms since the Unix epoch. */
  readonly producedAt: number;
}

/**
 * Whether a version from another partition makes way for this one: the newer timestamp counts, and of two at the same instant the
 * one from the higher partition, whichever was read first.
 */
export function replaces(version: Version, other: Version): boolean {
  return version.producedAt === other.producedAt
    ? version.partition > other.partition
    : version.producedAt > other.producedAt;
}
